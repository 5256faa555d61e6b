"""The compiled loop behind convolution and dense layers: windows of an image times weights.

An "implicit GEMM" (Goto & van de Geijn 2008): the windows of TILE pixels are copied, DEPTH weights
at a time, into a panel, which a register tile (TILE, 16 channels) multiplies by packed weights;
panel and weights stay in the first two cache levels. Every output is one sum in a fixed order.
"""

import numba

from .arrays import Array
from .compiler import compiled, thread_limit
from .scratch import scratch
from .simd import DEPTH, LANES, STRIDE, TILE, copy_run, multiply_rows
from .windows import Windows, fill_panel, group_images, pad_images


def correlate(y: Array, x: Array, packed: Array, bias: Array, windows: Windows) -> None:
    """y[target pixel, o] = bias[o] + window of x . packed weights, for every window.

    y (n, rows, columns, out), x (n, rows, columns, in); packed (blocks, size in, 16) and bias
    (blocks, 16) hold the out channels in blocks of 16, zeros beyond the last.
    """
    group, length = group_images(x, windows)
    threads, blocks = thread_limit(), len(packed)
    _correlate(
        y.reshape(-1),
        x.reshape(-1),
        packed.reshape(-1),
        bias.reshape(-1),
        y.shape,
        x.shape,
        windows,
        group,
        scratch("padded", threads, length),
        scratch("panel", threads, TILE * STRIDE),
        scratch("tile", threads, blocks * TILE * LANES),
    )


@compiled()
def _store_tile(y, tile, shape, windows, first, pixel, count):  # type: ignore
    """Write a tile (blocks, TILE, 16) to the target pixels of windows pixel..pixel + count."""
    _, height, width, channels = shape
    blocks = (channels + LANES - 1) // LANES
    per_image = windows.rows * windows.columns
    n = pixel // per_image
    p = (pixel - n * per_image) // windows.columns
    q = pixel - n * per_image - p * windows.columns
    for r in range(count):
        row = windows.first_row + p * windows.stride_rows
        column = windows.first_column + q * windows.stride_columns
        to = (((first + n) * height + row) * width + column) * channels
        for block in range(blocks):
            here = (block * TILE + r) * LANES
            left = channels - block * LANES
            if left >= LANES:
                copy_run(y, to + block * LANES, tile, here, LANES)
            else:
                for lane in range(left):
                    y[to + block * LANES + lane] = tile[here + lane]
        q += 1
        if q == windows.columns:
            q = 0
            p += 1
            if p == windows.rows:
                p = 0
                n += 1


@compiled()
def _correlate_group(  # type: ignore
    y, x, packed, bias, y_shape, x_shape, windows, first, last, padded, panel, tile
):
    channels = x_shape[3]
    blocks = (y_shape[3] + LANES - 1) // LANES
    depth = windows.size_rows * windows.size_columns * channels
    total = (last - first) * windows.rows * windows.columns
    pad_images(padded, x, x_shape, windows, first, last)
    for pixel in range(0, total, TILE):
        count = min(TILE, total - pixel)
        for block in range(blocks):
            for r in range(TILE):
                copy_run(tile, (block * TILE + r) * LANES, bias, block * LANES, LANES)
        for begin in range(0, depth, DEPTH):
            end = min(begin + DEPTH, depth)
            fill_panel(panel, padded, pixel, count, channels, windows, begin, end)
            for block in range(blocks):
                multiply_rows(
                    panel,
                    0,
                    packed,
                    (block * depth + begin) * LANES,
                    tile,
                    block * TILE * LANES,
                    end - begin,
                )
        _store_tile(y, tile, y_shape, windows, first, pixel, count)


@compiled(parallel=True)
def _correlate(y, x, packed, bias, y_shape, x_shape, windows, group, padded, panel, tile):  # type: ignore
    images = x_shape[0]
    for g in numba.prange((images + group - 1) // group):
        thread = numba.get_thread_id()
        _correlate_group(
            y,
            x,
            packed,
            bias,
            y_shape,
            x_shape,
            windows,
            g * group,
            min((g + 1) * group, images),
            padded[thread],
            panel[thread],
            tile[thread],
        )
