"""Direct convolution, read from padded images in place: no window is copied.

Along the padded copy of an image, the windows of consecutive pixels begin a stride apart, and each
row of a window is one run of floats; so a block of pixels is a product of matrices as it lies in
memory (what Chetlur et al. 2014, arXiv:1410.0759, do on the fly in tiles). With stride 1, the few
windows that straddle the end of a row of outputs are computed too, and left out; else every row is
computed apart.
"""

import math

import numba

from ...formulas import rectify
from ..arrays import Array
from ..loops.pairs import make_room, places_of, pool_pairs
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES
from ..products.epilogue import Ending, epilogue, finish_rows
from ..products.multiply import ROWS, WIDTH, multiply
from ..products.pack import padded_channels
from .windows import DEPTH as PANEL_DEPTH
from .windows import TILE_ROWS, Triple, Windows, flattened, group_images, nested, pad_images

# Pixels whose sums are kept in the first-level cache: a whole number of tiles.
BLOCK = ROWS * max(1, 96 // ROWS)
# The longest sum taken in one go; deeper sums add such parts, which rounds less.
DEPTH = 192


def pays(windows: Windows, size: Triple, dilation: Triple, channels_in: int) -> bool:
    """Whether windows of `size` taps are best read in place: few are computed to be left out.

    Those more than a pixel apart share too few numbers, but where they are small.
    """
    columns = windows.number[2]
    if windows.step == (1, 1, 1):
        worthwhile = columns >= 0.7 * windows.covered[2]
    else:
        tiles = -(-columns // TILE_ROWS) * TILE_ROWS
        worthwhile = columns >= 0.7 * tiles and math.prod(size) * channels_in <= PANEL_DEPTH
    return worthwhile and windows.stride == (1, 1, 1) and (dilation[2] == 1 or size[2] == 1)


@compiled()
def _store_pixels(y, sums, start, count, to, line, channel, columns, shape, epilogue):
    """Write the sums of pixels start.. of an image, whose lines have `line` pixels, to y."""
    width, channels = shape
    scale, shift, slope, floor = epilogue
    done = 0
    while done < count:
        row, column = divmod(start + done, line)
        length = min(count - done, line - column)
        inside = min(length, width - column)
        here = to + (row * width + column) * channels + channel
        if inside > 0:
            for c in range(0, columns, LANES):
                lanes = min(LANES, channels - channel - c)
                if lanes == LANES:
                    finish_rows(
                        y,
                        here + c,
                        channels,
                        sums,
                        done * columns + c,
                        columns,
                        inside,
                        scale,
                        shift,
                        channel + c,
                        slope,
                        floor,
                    )
                    continue
                for r in range(inside):
                    for lane in range(lanes):
                        z = sums[(done + r) * columns + c + lane] * scale[channel + c + lane]
                        y[here + r * channels + c + lane] = rectify(
                            z + shift[channel + c + lane], slope, floor
                        )
        done += length


@compiled()
def _slide_plane(y, to, padded, start, packed, shape, size, jump, windows, epilogue, sums):
    """One plane of outputs, from element `to` of y on, of windows whose first is at `start`."""
    channels_in, channels = shape
    rows, columns_out = windows.number[1], windows.number[2]
    line = windows.covered[2]
    run = size[2] * channels_in
    plane_jump = windows.covered[1] * line * channels_in * jump[0]
    row_jump = line * channels_in * jump[1]
    depth = size[0] * size[1] * run
    at_once = max(1, DEPTH // run)  # rows of a window
    width = padded_channels(channels)
    _, down, across = windows.step
    together = rows if down == 1 and across == 1 else 1
    total = (together - 1) * line + columns_out
    for first in range(0, rows, together):
        for pixel in range(0, total, BLOCK):
            count = min(BLOCK, total - pixel)
            here = start + (first * down * line + pixel * across) * channels_in
            for channel in range(0, width, WIDTH):
                columns = min(WIDTH, width - channel)
                weights = channel * depth
                fresh = True
                for plane in range(size[0]):
                    for row in range(0, size[1], at_once):
                        rows_here = min(at_once, size[1] - row)
                        for begin in range(0, run, DEPTH):
                            steps = min(DEPTH, run - begin)
                            multiply(
                                padded,
                                here + plane * plane_jump + row * row_jump + begin,
                                channels_in * across,
                                packed,
                                weights + ((plane * size[1] + row) * run + begin) * columns,
                                columns,
                                sums,
                                0,
                                columns,
                                count,
                                columns,
                                steps,
                                rows_here,
                                row_jump,
                                fresh,
                            )
                            fresh = False
                _store_pixels(
                    y,
                    sums,
                    pixel,
                    count,
                    to + first * columns_out * channels,
                    line,
                    channel,
                    columns,
                    (columns_out, channels),
                    epilogue,
                )


@compiled(parallel=True)
def _slide(
    y,
    index,
    x,
    packed,
    scale,
    shift,
    slope,
    floor,
    y_shape,
    x_shape,
    windows,
    size,
    jump,
    group,
    padded,
    sums,
    unpooled,
    value,
    places,
    pool,
    queue,
):
    images, channels_in = x_shape[0], x_shape[4]
    plane_size = y_shape[2] * y_shape[3] * y_shape[4]
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        nest = nested(windows)
        first = take(queue) * group
        while first < images:
            last = min(first + group, images)
            pad_images(padded[thread], x, x_shape, nest, first, last)
            target = unpooled[thread] if pool else y
            image = nest.covered[0] * nest.covered[1] * nest.covered[2] * channels_in
            for n in range(first, last):
                to = (n - first if pool else n) * y_shape[1] * plane_size
                for plane in range(y_shape[1]):
                    start = (n - first) * image + plane * nest.step[0] * (image // nest.covered[0])
                    _slide_plane(
                        target,
                        to + plane * plane_size,
                        padded[thread],
                        start,
                        packed,
                        (channels_in, y_shape[4]),
                        size,
                        jump,
                        nest,
                        (scale, shift, slope, floor),
                        sums[thread],
                    )
            if pool:
                room = value[thread], places[thread]
                pool_pairs(y, index, target, first, last, y_shape[2:], *room)
            first = take(queue) * group


def slide(
    y: Array,
    x: Array,
    packed: Array,
    ending: Ending,
    windows: Windows,
    size: Triple,
    dilation: Triple,
) -> None:
    """y[pixel, o] = ending of window of x . packed weights, for every window.

    y (n, planes, rows, columns, out), x (n, planes, rows, columns, in); packed as pack.py has it.
    """
    channels_in, channels = x.shape[4], y.shape[4]
    group, length = group_images(len(x), channels_in, windows)
    threads, lengths = thread_limit(), ending.lengths(y)
    across = windows.step[2]
    beyond = (ROWS * across + size[2]) * channels_in  # read for whole tiles, and left out
    unpooled = group * math.prod(lengths) * channels if ending.pool else 1
    _slide(
        y.reshape(-1),
        places_of(ending.places),
        x.reshape(-1),
        packed,
        *epilogue(channels, ending),
        (len(y), *lengths, channels),
        x.shape,
        flattened(windows),
        size,
        dilation,
        group,
        scratch("padded", threads, length + beyond),
        scratch("sums", threads, BLOCK * WIDTH),
        scratch("unpooled", threads, unpooled),
        *make_room(lengths[2] * channels if ending.pool else 1),
        ending.pool,
        tasks(),
    )
