"""Weight gradients of a 3 x 3 convolution by the transposes of Winograd's maps.

dw = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G: 36 products of matrices for each block of
tiles. Groups of images are summed in chunks whose number depends on the shapes alone, and the
chunks are added in order, so the thread count changes no byte.
"""

import numba
import numpy as np

from ..arrays import Array
from ..loops.blocks import block_bounds, block_count
from ..loops.columns import sum_columns
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES
from ..products.multiply import WIDTH, multiply_channels
from .winograd_inputs import pad, transform_block
from .winograd_maps import INPUTS, OUTPUTS, POINTS
from .winograd_tiles import (
    TILE,
    Tiling,
    copied_size,
    counts,
    mosaics,
    mosaics_of,
    pixel,
    place,
    tiles_of,
    whole_tile,
)
from .winograd_transforms import transform_gradients, transform_weight_gradients

# Chunks: enough to share among threads, few enough that their sums stay small.
_CHUNKS = (8, 64)
_MEGABYTE = 1 << 20


@compiled()
def _transform_gradient_block(z, dy, tile, count, first, images, shape, edge, kinds, tiling):
    """z (channels / WIDTH, block, 36, WIDTH) = A dy A^T of `count` tiles of a group.

    The group is `images` of dy from `first` on. Whole tiles are read where they lie, others from a
    copy with zeros around it.
    """
    width, channels = shape[1], shape[2]
    start = first * shape[0] * width * channels
    for t in range(count):
        _, mosaic, row, column = place(tile + t, kinds, tiling)
        source = whole_tile(mosaic, row, column, images, shape, tiling)
        for c in range(0, tiling.channels, LANES):
            begin = c // WIDTH * WIDTH
            wide = min(WIDTH, tiling.channels - begin)
            to = (begin * tiling.block + t * wide) * POINTS + c - begin
            lanes = min(LANES, channels - c)
            if source >= 0 and lanes == LANES:
                transform_gradients(
                    dy, start + source + c, width * channels, channels, z, to, INPUTS * wide, wide
                )
                continue
            for k in range(OUTPUTS * OUTPUTS):
                i, j = row + k // OUTPUTS, column + k % OUTPUTS
                here = pixel(mosaic, i, j, images, shape, tiling)
                inside = lanes if here >= 0 else 0
                for lane in range(inside):
                    edge[k * LANES + lane] = dy[start + here + c + lane]
                for lane in range(inside, LANES):
                    edge[k * LANES + lane] = np.float32(0)
            transform_gradients(edge, 0, OUTPUTS * LANES, LANES, z, to, INPUTS * wide, wide)


@compiled()
def _add_group(products, x, dy, first, images, shape, v, z, edge, fresh, tiling, dy_tiling):
    """products (36, blocks, in, 16 or WIDTH) = or += sums over tiles of padded x and dy[first:]."""
    depth, channels = tiling.channels, dy_tiling.channels
    kinds = counts(mosaics_of(images, tiling), tiling)
    total = tiles_of(images, tiling)
    for tile in range(0, total, tiling.block):
        count = min(tiling.block, total - tile)
        transform_block(v, x, tile, count, kinds, tiling)
        _transform_gradient_block(z, dy, tile, count, first, images, shape, edge, kinds, dy_tiling)
        for point in range(POINTS):
            for channel in range(0, channels, WIDTH):
                columns = min(WIDTH, channels - channel)
                for c in range(0, depth, LANES):
                    multiply_channels(
                        v,
                        c * tiling.block * POINTS + point * LANES,
                        TILE,
                        z,
                        channel * tiling.block * POINTS + point * columns,
                        POINTS * columns,
                        products,
                        (point * channels + channel) * depth + c * columns,
                        columns,
                        columns,
                        count,
                        fresh and tile == 0,
                    )


@compiled()
def _add_line(total, line):
    for i in range(total.size):
        total[i] += line[i]


@compiled()
def _add_biases(sums, line, dy, first, last, shape):
    """sums (channels,) += the pixels of images of dy, summed row by row first to round less."""
    height, width, channels = shape
    for row in range(first * height, last * height):
        start = row * width * channels
        sum_columns(line, dy[start : start + width * channels].reshape(width, channels))
        _add_line(sums, line)


@compiled()
def _sum_chunk(
    products, bias, dy, x, y_shape, x_shape, before, first, last, room, line, cuts, biased
):
    """products, and bias if `biased`, = sums over groups first..last of images."""
    (tiles, dy_tiles), (padded, v, z, edge) = cuts, room
    bias[:] = np.float32(0)
    for group in range(first, last):
        begin, end = group * tiles.group, min((group + 1) * tiles.group, x_shape[0])
        pad(padded, x, begin, end, x_shape[1:], before, tiles)
        if biased:
            _add_biases(bias, line, dy, begin, end, y_shape[1:])
        _add_group(
            products,
            padded,
            dy,
            begin,
            end - begin,
            y_shape[1:],
            v,
            z,
            edge,
            group == first,
            tiles,
            dy_tiles,
        )


@compiled(parallel=True)
def _sum_chunks(
    products,
    biases,
    dy,
    x,
    y_shape,
    x_shape,
    before,
    padded,
    v,
    z,
    edge,
    line,
    cut,
    dy_cut,
    biased,
    queue,
):
    """products (chunks, ...) and biases (chunks, out) of each chunk of groups of images."""
    group = Tiling(*cut).group
    chunks, groups = len(products), (x_shape[0] + group - 1) // group
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        chunk = take(queue)
        while chunk < chunks:
            _sum_chunk(
                products[chunk],
                biases[chunk],
                dy,
                x,
                y_shape,
                x_shape,
                before,
                chunk * groups // chunks,
                (chunk + 1) * groups // chunks,
                (padded[thread], v[thread], z[thread], edge[thread]),
                line[thread],
                (Tiling(*cut), Tiling(*dy_cut)),
                biased,
            )
            chunk = take(queue)


@compiled(parallel=True)
def _add_chunks(total, chunks):
    """total = the first of the chunks += the others, in order."""
    for block in numba.prange(block_count(total.size)):
        begin, end = block_bounds(block, total.size)
        for chunk in range(1, len(chunks)):
            _add_line(total[begin:end], chunks[chunk, begin:end])


@compiled(parallel=True)
def _add_weights(dw, products, width, buffer):
    """dw (3, 3, in, out) += G^T products G, whose channels out are padded to `width`."""
    _, _, channels_in, channels = dw.shape
    stride = products.size // POINTS
    depth = stride // width
    for i in numba.prange(channels_in):
        taps = buffer[numba.get_thread_id()]
        for channel in range(0, width, LANES):
            begin = channel // WIDTH * WIDTH
            columns = min(WIDTH, width - begin)
            first = begin * depth + i * columns + channel - begin
            transform_weight_gradients(
                products, first, INPUTS * stride, stride, taps, 0, 3 * LANES, LANES
            )
            left = min(LANES, channels - channel)
            for tap in range(9):
                _add_line(
                    dw[tap // 3, tap % 3, i, channel : channel + left],
                    taps[tap * LANES : tap * LANES + left],
                )


def correlate(dw: Array, db: Array | None, dy: Array, x: Array, before: tuple[int, int]) -> None:
    """dw (3, 3, in, out) and db (out,), or None, += gradients of winograd.correlate."""
    threads = thread_limit()
    outputs = dy.shape[1:3]
    bordered = before == (1, 1) and x.shape[1:3] == outputs
    cut = mosaics(outputs, max(x.shape[3], dy.shape[3]), len(x), bordered=bordered)
    dy_cut = cut._replace(channels=-(-dy.shape[3] // LANES) * LANES)
    cut = cut._replace(channels=-(-x.shape[3] // LANES) * LANES)
    groups = -(-len(x) // cut.group)
    size = POINTS * cut.channels * dy_cut.channels
    chunks = min(groups, max(_CHUNKS[0], min(_CHUNKS[1], _MEGABYTE // (4 * size))))
    products = scratch("weights", chunks, size)
    biases = scratch("biases", chunks, dy.shape[3])
    _sum_chunks(
        products,
        biases,
        dy.reshape(-1),
        x.reshape(-1),
        dy.shape,
        x.shape,
        before,
        scratch("padded", threads, copied_size(cut)),
        scratch("tiles", threads, POINTS * cut.block * cut.channels),
        scratch("gradient tiles", threads, POINTS * cut.block * dy_cut.channels),
        scratch("edge", threads, OUTPUTS * OUTPUTS * LANES),
        scratch("line", threads, dy.shape[3]),
        tuple(cut),
        tuple(dy_cut),
        db is not None,
        tasks(),
    )
    _add_chunks(products[0], products)
    _add_weights(dw, products[0], dy_cut.channels, scratch("taps", threads, 9 * LANES))
    if db is not None:
        for chunk in biases:
            db += chunk
