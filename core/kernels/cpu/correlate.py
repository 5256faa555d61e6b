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
from .windows import (
    Taps,
    Windows,
    fill_panel,
    flattened,
    group_images,
    locate,
    nested,
    next_row,
    pad_images,
)


def correlate(y: Array, x: Array, packed: Array, bias: Array, windows: Windows, taps: Taps) -> None:
    """y[target pixel, o] = bias[o] + window of x . packed weights, for every window.

    y (n, planes, rows, columns, out), x (n, planes, rows, columns, in); packed
    (blocks, size in, 16) and bias (blocks, 16) hold the out channels in blocks of 16, zeros beyond
    the last.
    """
    group, length = group_images(len(x), x.shape[4], windows)
    threads, blocks = thread_limit(), len(packed)
    _correlate(
        y.reshape(-1),
        x.reshape(-1),
        packed.reshape(-1),
        bias.reshape(-1),
        y.shape,
        x.shape,
        flattened(windows),
        taps.run,
        taps.starts,
        group,
        scratch("padded", threads, length),
        scratch("panel", threads, TILE * STRIDE),
        scratch("tile", threads, blocks * TILE * LANES),
    )


@compiled()
def _store_tile(y, tile, shape, windows, first, pixel, count):  # type: ignore
    """Write a tile (blocks, TILE, 16) to the target pixels of windows pixel..pixel + count."""
    _, depth, height, width, channels = shape
    blocks = (channels + LANES - 1) // LANES
    n, o, p, q = locate(pixel, windows)
    for r in range(count):
        plane = windows.first[0] + o * windows.stride[0]
        row = windows.first[1] + p * windows.stride[1]
        column = windows.first[2] + q * windows.stride[2]
        to = ((((first + n) * depth + plane) * height + row) * width + column) * channels
        for block in range(blocks):
            here = (block * TILE + r) * LANES
            left = channels - block * LANES
            if left >= LANES:
                copy_run(y, to + block * LANES, tile, here, LANES)
            else:
                for lane in range(left):
                    y[to + block * LANES + lane] = tile[here + lane]
        q += 1
        if q == windows.number[2]:
            q = 0
            n, o, p = next_row(n, o, p, windows)


@compiled()
def _correlate_group(  # type: ignore
    y, x, packed, bias, y_shape, x_shape, windows, taps, first, last, padded, panel, tile
):
    channels = x_shape[4]
    blocks = (y_shape[4] + LANES - 1) // LANES
    depth = taps.run * len(taps.starts)
    planes, rows, columns = windows.number
    total = (last - first) * planes * rows * columns
    pad_images(padded, x, x_shape, windows, first, last)
    for pixel in range(0, total, TILE):
        count = min(TILE, total - pixel)
        for block in range(blocks):
            for r in range(TILE):
                copy_run(tile, (block * TILE + r) * LANES, bias, block * LANES, LANES)
        for begin in range(0, depth, DEPTH):
            end = min(begin + DEPTH, depth)
            fill_panel(panel, padded, pixel, count, channels, windows, taps, begin, end)
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
def _correlate(  # type: ignore
    y, x, packed, bias, y_shape, x_shape, windows, run, starts, group, padded, panel, tile
):
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
            nested(windows),
            Taps(run, starts),
            g * group,
            min((g + 1) * group, images),
            padded[thread],
            panel[thread],
            tile[thread],
        )
