"""3 x 3 convolution by Winograd's F(4x4, 3x3): 36 products of matrices for each block of tiles.

A block of tiles is transformed, multiplied by the transformed weights, and transformed back while
it stays in the second-level cache.
"""

import numba

from ..arrays import Array
from ..loops.pairs import make_room, places_of, pool_pairs
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES, expect_floats
from ..products.epilogue import Ending, epilogue
from ..products.multiply import ROWS, WIDTH, multiply
from .winograd_inputs import pad, transform_block, transform_kernel
from .winograd_maps import INPUTS, OUTPUTS, POINTS
from .winograd_tiles import (
    NARROW,
    TILE,
    WHOLE,
    Tiling,
    copied_size,
    counts,
    having,
    place,
    tiling,
    transformed_size,
)
from .winograd_transforms import transform_outputs, transform_short_outputs

# Channels summed in one go; deeper sums add such parts, which rounds less.
_DEPTH = 32
# Groups of images for each thread, or more, so that none waits long for another at the end.
_TASKS = 4
# Floats between the 36 products, so that their rows do not compete for the same cache sets.
_GAP = LANES
# Transformed weights that leave the second-level cache room for the next images.
_FEW = 1 << 18


@compiled()
def _store_block(y, m, first, count, image, kinds, channel, columns, shape, epilogue, edge, tiling):
    """Transform the products of a block back, into `columns` channels of y from `channel` on."""
    height, width, channels = shape
    scale, shift, slope, floor = epilogue
    stride = tiling.block * columns + _GAP
    for t in range(count):
        kind, n, row, column = place(first + t, kinds, tiling)
        to = (((image + n) * height + row) * width + column) * channels + channel
        rows, line = min(OUTPUTS, height - row), min(OUTPUTS, width - column)
        for c in range(0, columns, LANES):
            m0, lanes = t * columns + c, min(LANES, channels - channel - c)
            m_row, m_column, e_row, e_column = INPUTS * stride, stride, OUTPUTS * LANES, LANES
            if rows == OUTPUTS and line == OUTPUTS and lanes == LANES:
                transform_outputs(
                    m,
                    m0,
                    m_row,
                    m_column,
                    y,
                    to + c,
                    width * channels,
                    channels,
                    scale,
                    shift,
                    channel + c,
                    slope,
                    floor,
                )
                continue
            ending = (scale, shift, channel + c, slope, floor)
            if kind == WHOLE:
                transform_outputs(m, m0, m_row, m_column, edge, 0, e_row, e_column, *ending)
            else:
                if kind == NARROW:
                    m_row, m_column, e_row, e_column = m_column, m_row, e_column, e_row
                transform_short_outputs(m, m0, m_row, m_column, edge, 0, e_row, e_column, *ending)
            for i in range(rows):
                for j in range(line):
                    for lane in range(lanes):
                        y[to + c + (i * width + j) * channels + lane] = edge[
                            (i * OUTPUTS + j) * LANES + lane
                        ]


@compiled()
def _expect_outputs(y, tile, image, kinds, channel, columns, shape, tiling):
    """Bring what _store_block will write of a tile into the cache."""
    height, width, channels = shape
    _, n, row, column = place(tile, kinds, tiling)
    n += image
    for i in range(row, min(row + OUTPUTS, height)):
        for j in range(column, min(column + OUTPUTS, width)):
            start = ((n * height + i) * width + j) * channels + channel
            expect_floats(y, start, min(columns, channels - channel))


@compiled()
def correlate_group(
    y, padded, transformed, first, images, shape, epilogue, v, m, edge, tiling, seen, x, coming
):
    """y of `images` images from `first` on, from their padded copy; shape is that of one.

    Memory answers while the products are computed: y is brought into the cache unless it was just
    `seen` there, and so are the elements `coming`, first and last, of x.
    """
    depth = tiling.channels
    padded_channels = (shape[2] + LANES - 1) // LANES * LANES
    kinds = counts(images, tiling)
    total = kinds[0] + kinds[1] + kinds[2]
    begin_x, end_x = coming
    turns = max(1, total * padded_channels * POINTS // (tiling.block * WIDTH))
    step = ((end_x - begin_x) // turns // LANES + 1) * LANES
    for tile in range(0, total, tiling.block):
        count = min(tiling.block, total - tile)
        transform_block(v, padded, tile, count, kinds, tiling)
        for channel in range(0, padded_channels, WIDTH):
            columns = min(WIDTH, padded_channels - channel)
            for point in range(POINTS):
                if point < count and not seen:
                    here = tile + point
                    _expect_outputs(y, here, first, kinds, channel, columns, shape, tiling)
                if begin_x < end_x:
                    expect_floats(x, begin_x, min(step, end_x - begin_x))
                    begin_x += step
                weights = (channel * POINTS + point * columns) * depth
                t, rows = having(point, tile, count, kinds)
                for begin in range(0, depth if rows else 0, _DEPTH):
                    multiply(
                        v,
                        (begin * tiling.block + t * LANES) * POINTS + point * LANES,
                        TILE,
                        transformed,
                        weights + begin * columns,
                        columns,
                        m,
                        point * (tiling.block * columns + _GAP) + t * columns,
                        columns,
                        rows,
                        columns,
                        LANES,
                        min(_DEPTH, depth - begin) // LANES,
                        tiling.block * TILE,
                        begin == 0,
                    )
            _store_block(
                y,
                m,
                tile,
                count,
                first,
                kinds,
                channel,
                columns,
                shape,
                epilogue,
                edge,
                tiling,
            )


@compiled(parallel=True)
def _correlate(
    y,
    index,
    x,
    transformed,
    y_shape,
    x_shape,
    before,
    scale,
    shift,
    slope,
    floor,
    padded,
    v,
    m,
    edge,
    unpooled,
    value,
    places,
    tiling,
    pool,
    ahead,
    queue,
):
    images = x_shape[0]
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        cut = Tiling(*tiling)
        first = take(queue) * cut.group
        image = x_shape[1] * x_shape[2] * x_shape[3]
        while first < images:
            last = min(first + cut.group, images)
            following = first + len(queue) * cut.group  # unless threads overtake one another
            pad(padded[thread], x, first, last, x_shape[1:], before, cut)
            correlate_group(
                unpooled[thread] if pool else y,
                padded[thread],
                transformed,
                0 if pool else first,
                last - first,
                y_shape,
                (scale, shift, slope, floor),
                v[thread],
                m[thread],
                edge[thread],
                cut,
                pool,
                x,
                (min(following, images) * image, min(following + ahead, images) * image),
            )
            if pool:
                room = value[thread], places[thread]
                pool_pairs(y, index, unpooled[thread], first, last, y_shape, *room)
            first = take(queue) * cut.group


def correlate(
    y: Array,
    x: Array,
    w: Array,
    ending: Ending,
    before: tuple[int, int],
    *,
    transposed: bool = False,
) -> None:
    """y (n, p, q, out) = ending of x (n, h, w, in) correlated with w, `before` zeros before x."""
    channels_in, channels = x.shape[3], y.shape[3]
    height, width = ending.lengths(y)
    transformed = scratch("transformed", transformed_size(channels_in, channels))
    threads = thread_limit()
    transform_kernel(transformed, w, transposed, scratch("taps", threads, 9 * LANES))
    most = len(x) // (_TASKS * numba.get_num_threads())
    cut = tiling((height, width), channels_in, most)
    _correlate(
        y.reshape(-1),
        places_of(ending.places),
        x.reshape(-1),
        transformed,
        (height, width, channels),
        x.shape,
        before,
        *epilogue(channels, ending),
        scratch("padded", threads, copied_size(cut)),
        scratch("tiles", threads, POINTS * (cut.block * cut.channels + ROWS * LANES)),
        scratch("products", threads, POINTS * (cut.block * WIDTH + _GAP) + ROWS * WIDTH),
        scratch("edge", threads, OUTPUTS * OUTPUTS * LANES),
        scratch("unpooled", threads, cut.group * height * width * channels if ending.pool else 1),
        *make_room(width * channels if ending.pool else 1),
        tuple(cut),
        ending.pool,
        cut.group if transformed.size < _FEW else 0,
        tasks(),
    )
