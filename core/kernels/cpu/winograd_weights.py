"""Weight gradients of a 3 x 3 convolution by the transposes of Winograd's maps.

dw = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G: 36 products of matrices for each block of
tiles. Groups of images are summed in chunks whose number depends on the shapes alone, and the
chunks are added in order, so the thread count changes no byte.
"""

import numba
import numpy as np

from .arrays import Array
from .compiler import compiled, thread_limit
from .multiply import WIDTH, multiply_transposed
from .scratch import scratch
from .vector import LANES
from .winograd_tiles import TILE, Tiling, pad, place, tiling, transform_block
from .winograd_transforms import (
    INPUTS,
    OUTPUTS,
    POINTS,
    transform_gradients,
    transform_weight_gradients,
)

# Chunks: enough to share among threads, few enough that their sums stay small.
_CHUNKS = (8, 64)
_MEGABYTE = 1 << 20


@compiled()
def transform_gradient_block(z, padded, border, first, count, tiling):  # type: ignore
    """z (channels / WIDTH, block, 36, WIDTH) = A dy A^T of tiles; `border` zeros lie before dy."""
    channels = tiling.channels
    line = tiling.width * channels
    for t in range(count):
        image, row, column = place(first + t, tiling)
        row, column = row * OUTPUTS + border[0], column * OUTPUTS + border[1]
        corner = ((image * tiling.height + row) * tiling.width + column) * channels
        for c in range(0, channels, LANES):
            begin = c // WIDTH * WIDTH
            columns = min(WIDTH, channels - begin)
            to = (begin * tiling.block + t * columns) * POINTS + c - begin
            transform_gradients(
                padded, corner + c, line, channels, z, to, INPUTS * columns, columns
            )


@compiled()
def weights_group(products, x, dy, border, images, v, z, fresh, tiling, gradient_tiling):  # type: ignore
    """products (36, blocks, in, 16 or WIDTH) = or += sums over all tiles of padded x and dy."""
    depth, channels = tiling.channels, gradient_tiling.channels
    total = images * tiling.rows * tiling.columns
    for tile in range(0, total, tiling.block):
        count = min(tiling.block, total - tile)
        transform_block(v, x, tile, count, tiling)
        transform_gradient_block(z, dy, border, tile, count, gradient_tiling)
        for point in range(POINTS):
            for channel in range(0, channels, WIDTH):
                columns = min(WIDTH, channels - channel)
                for c in range(0, depth, LANES):
                    multiply_transposed(
                        v,
                        c * tiling.block * POINTS + point * LANES,
                        TILE,
                        z,
                        channel * tiling.block * POINTS + point * columns,
                        POINTS * columns,
                        products,
                        (point * channels + channel) * depth + c * columns,
                        columns,
                        LANES,
                        columns,
                        count,
                        fresh and tile == 0,
                    )


@compiled()
def add_bias_gradients(sums, line, padded, border, images, shape, tiling):  # type: ignore
    """sums (channels,) += the pixels of a padded dy, summed row by row first to round less."""
    channels = tiling.channels
    for n in range(images):
        for row in range(shape[0]):
            start = (n * tiling.height + row + border[0]) * tiling.width + border[1]
            line[:channels] = np.float32(0)
            for column in range(shape[1]):
                here = (start + column) * channels
                for c in range(channels):
                    line[c] += padded[here + c]
            for c in range(channels):
                sums[c] += line[c]


@compiled(parallel=True)
def _chunks_of_weights(  # type: ignore
    products, biases, dy, x, y_shape, x_shape, before, padded_x, padded_dy, v, z, line, cut, dy_cut
):
    images, chunks = x_shape[0], len(products)
    groups = (images + cut[6] - 1) // cut[6]
    border = (0, 0)
    for chunk in numba.prange(chunks):
        thread = numba.get_thread_id()
        tiles, dy_tiles = Tiling(*cut), Tiling(*dy_cut)
        begin, end = chunk * groups // chunks, (chunk + 1) * groups // chunks
        biases[chunk] = np.float32(0)
        for g in range(begin, end):
            first, last = g * tiles.group, min((g + 1) * tiles.group, images)
            pad(padded_x[thread], x, first, last, x_shape[1:], before, tiles)
            pad(padded_dy[thread], dy, first, last, y_shape[1:], border, dy_tiles)
            add_bias_gradients(
                biases[chunk],
                line[thread],
                padded_dy[thread],
                border,
                last - first,
                y_shape[1:],
                dy_tiles,
            )
            weights_group(
                products[chunk],
                padded_x[thread],
                padded_dy[thread],
                border,
                last - first,
                v[thread],
                z[thread],
                g == begin,
                tiles,
                dy_tiles,
            )


@compiled(parallel=True)
def add_chunks(dw, db, products, biases, buffer):  # type: ignore
    """dw (3, 3, in, out) += G^T (sum of products) G; db (out,) += the sum of biases; in order."""
    _, _, channels_in, channels = dw.shape
    chunks, width = biases.shape
    stride = products.shape[1] // POINTS
    depth = stride // width
    for i in numba.prange(channels_in):
        taps = buffer[numba.get_thread_id()]
        for channel in range(0, width, LANES):
            begin = channel // WIDTH * WIDTH
            columns = min(WIDTH, width - begin)
            first = begin * depth + i * columns + channel - begin
            for point in range(POINTS):
                start = point * stride + first
                for chunk in range(1, chunks):
                    for lane in range(LANES):
                        products[0, start + lane] += products[chunk, start + lane]
            transform_weight_gradients(
                products[0], first, INPUTS * stride, stride, taps, 0, 3 * LANES, LANES
            )
            for tap in range(9):
                for lane in range(min(LANES, channels - channel)):
                    dw[tap // 3, tap % 3, i, channel + lane] += taps[tap * LANES + lane]
    for chunk in range(chunks):
        for c in range(channels):
            db[c] += biases[chunk, c]


def correlate(dw: Array, db: Array | None, dy: Array, x: Array, before: tuple[int, int]) -> None:
    """dw (3, 3, in, out) and db (out,), or None, += gradients of winograd.correlate."""
    threads = thread_limit()
    cut = tiling(len(x), dy.shape[1], dy.shape[2], max(x.shape[3], dy.shape[3]))
    dy_cut = cut._replace(channels=-(-dy.shape[3] // LANES) * LANES)
    cut = cut._replace(channels=-(-x.shape[3] // LANES) * LANES)
    groups = -(-len(x) // cut.group)
    size = POINTS * cut.channels * dy_cut.channels
    chunks = min(groups, max(_CHUNKS[0], min(_CHUNKS[1], _MEGABYTE // (4 * size))))
    products = scratch("weights", chunks, size)
    biases = scratch("biases", chunks, dy_cut.channels)
    area = cut.group * cut.height * cut.width
    _chunks_of_weights(
        products,
        biases,
        dy.reshape(-1),
        x.reshape(-1),
        dy.shape,
        x.shape,
        before,
        scratch("padded", threads, area * cut.channels),
        scratch("padded gradient", threads, area * dy_cut.channels),
        scratch("tiles", threads, POINTS * cut.block * cut.channels),
        scratch("gradient tiles", threads, POINTS * cut.block * dy_cut.channels),
        scratch("line", threads, dy_cut.channels),
        tuple(cut),
        tuple(dy_cut),
    )
    add_chunks(
        dw,
        scratch("no bias", dw.shape[3]) if db is None else db,
        products,
        biases,
        scratch("taps", threads, 9 * LANES),
    )
