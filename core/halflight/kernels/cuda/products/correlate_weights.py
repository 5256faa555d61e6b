"""Weight gradients: windows of x, transposed, times dy, summed over the pixels of all images.

Rows are taps and channels of x, columns are channels of dy, and the sum is long: it is cut into
chunks, as many as keep the GPU busy, which are added in order.
"""

import functools

import numpy as np
from numba import cuda

from ..arrays import Array, aligned, channels_of
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from .gather import Gather, later_window, pixel_of, tap_of, window_of
from .tensor_tiles import tiles_for
from .tiles import BUSY, DEPTH, Tile, choose, put4
from .vectors import ALIGNMENT, load4

# ruff: noqa: F821 (kernels see the constants of their tile)

_ZERO = np.float32(0)
# Pixels of a chunk, at least: shorter ones cost more to add than to sum.
_PIXELS = 4 * DEPTH


def _find_taps(taps, first_row, rows, gather):
    """Plane, row, column of the tap and channel of each row's four that this thread fetches.

    Of all four where they belong to one tap, else of each; plane -1: past the last row.
    """
    for load in range(LOADS_ROWS):
        number = cuda.threadIdx.x + load * THREADS
        row = first_row + number % (ROWS // 4) * 4
        for i in range(1 if WHOLE else 4):
            tap, channel = divmod(row + i, gather[7])
            plane, line, column = tap_of(tap, gather)
            at = 4 * (load if WHOLE else 4 * load + i)
            taps[at] = plane if row + i < rows and number < ROWS * QUADS else -1
            taps[at + 1], taps[at + 2], taps[at + 3] = line, column, channel


def _find_windows(windows, pixel, gather):
    """Image, plane, row, column of the first window that this thread fetches for each load."""
    for load in range(LOADS_ROWS):
        number = cuda.threadIdx.x + load * THREADS
        image, plane, row, column = window_of(pixel + number // (ROWS // 4), gather)
        windows[4 * load], windows[4 * load + 1] = image, plane
        windows[4 * load + 2], windows[4 * load + 3] = row, column


def _fetch_windows(staged, x, windows, taps, pixel, last, source, gather):
    """DEPTH windows of x from `pixel` on, for four of the tile's rows at a time; then go on."""
    for load in range(LOADS_ROWS):
        at = 4 * load
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        window = (windows[at], windows[at + 1], windows[at + 2], windows[at + 3])
        if pixel + (cuda.threadIdx.x + load * THREADS) // (ROWS // 4) < last:
            if WHOLE:
                here = -1
                if taps[at] >= 0:
                    here = pixel_of(window, (taps[at], taps[at + 1], taps[at + 2]), gather)
                if here >= 0:
                    values = load4(x, here + source + taps[at + 3])
                    staged[at], staged[at + 1] = values[0], values[1]
                    staged[at + 2], staged[at + 3] = values[2], values[3]
            else:
                for i in range(4):
                    to = 4 * (at + i)
                    here = -1
                    if taps[to] >= 0:
                        here = pixel_of(window, (taps[to], taps[to + 1], taps[to + 2]), gather)
                    if here >= 0:
                        staged[at + i] = x[here + source + taps[to + 3]]
        column = window[3] + DEPTH
        image, plane, row, column = later_window(window[0], window[1], window[2], column, gather)
        windows[at], windows[at + 1], windows[at + 2], windows[at + 3] = image, plane, row, column


def _fetch_gradients(staged, dy, pixel, last, first, begin, columns, all_columns):
    """dy of the same windows, for four of the tile's columns at a time."""
    for load in range(LOADS_COLUMNS):
        number, at = cuda.threadIdx.x + load * THREADS, 4 * load
        window = pixel + number // (COLUMNS // 4)
        column = begin + number % (COLUMNS // 4) * 4
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        if number >= COLUMNS * QUADS or window >= last or column >= columns:
            continue
        start = window * all_columns + first + column
        if WHOLE:
            values = load4(dy, start)
            staged[at], staged[at + 1] = values[0], values[1]
            staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        for i in range(4):
            if column + i < columns:
                staged[at + i] = dy[start + i]


def _sum_chunk(sums, dy, x, pixels, rows, columns, groups, chunk_pixels, gather):
    """sums (chunks, rows, all columns); blocks are (row, column, group and chunk)."""
    shared = cuda.shared.array(SHARED, np.float32, alignment=ALIGNMENT)
    totals = cuda.local.array(SUMS, np.float32)
    left = cuda.local.array(FETCHED_ROWS, np.float32)
    right = cuda.local.array(FETCHED_COLUMNS, np.float32)
    windows = cuda.local.array(FETCHED_ROWS, np.int32)
    taps = cuda.local.array(TAPS, np.int32)
    for i in range(SUMS):
        totals[i] = _ZERO
    first_row, begin = cuda.blockIdx.x * ROWS, cuda.blockIdx.y * COLUMNS
    chunk, group = divmod(cuda.blockIdx.z, groups)
    source, first, all_columns = group * gather[7], group * columns, groups * columns
    start = chunk * chunk_pixels
    last = min(pixels, start + chunk_pixels)
    steps = (last - start + DEPTH - 1) // DEPTH
    _find_taps(taps, first_row, rows, gather)
    _find_windows(windows, start, gather)
    for step in range(steps + 1):
        if step < steps:  # fetch for the next turn while this one multiplies
            pixel = start + step * DEPTH
            _fetch_windows(left, x, windows, taps, pixel, last, source, gather)
            _fetch_gradients(right, dy, pixel, last, first, begin, columns, all_columns)
        if step > 0:
            multiply(totals, shared, (step - 1) % 2 * COPIES)
        if step < steps:
            copy = step % 2 * COPIES
            put4(shared, copy, left, LOADS_ROWS, ROWS, LEFT_STRIDE)
            copy += DEPTH * LEFT_STRIDE
            put4(shared, copy, right, LOADS_COLUMNS, COLUMNS, RIGHT_STRIDE)
        cuda.syncthreads()
    for i in range(TALL):
        for j in range(BROAD):
            row, column = first_row + row_of(i), begin + column_of(j)
            if row < rows and column < columns:
                to = (chunk * rows + row) * all_columns + first + column
                sums[to] = totals[i * BROAD + j]


@Kernel
def _add_chunks(dw, sums, chunks, fresh):
    """dw = the sums of the chunks, added in order, and what it was before unless `fresh`."""
    for i in range(cuda.grid(1), dw.size, cuda.gridsize(1)):
        total = sums[i]
        for chunk in range(1, chunks):
            total += sums[chunk * dw.size + i]
        dw[i] = total if fresh else dw[i] + total


@functools.cache
def _kernel(tile: Tile, *, whole: bool) -> Kernel:
    """One for each tile; `whole` where fours of channels are aligned, and of one tap."""
    constants = tile.constants()
    taps = constants["FETCHED_ROWS"] * (1 if whole else 4)
    return Kernel(_sum_chunk, **constants, WHOLE=int(whole), TAPS=taps)


def correlate_weights(
    dw: Array, dy: Array, x: Array, gather: Gather, *, fresh: bool, tf32: bool = False
) -> None:
    """dw (taps, in, out) = or += the windows of x, transposed, times dy (n, ..., out)."""
    groups = gather.all_channels // gather.channels
    rows, columns = gather.depth, channels_of(dy) // groups
    pixels = dy.size // channels_of(dy)
    whole = gather.channels % 4 == gather.all_channels % 4 == columns % 4 == 0
    whole = whole and aligned(dy, x)
    tiles = tiles_for(columns, deep=whole, tf32=tf32)
    tile = choose(tiles, rows, columns, max(1, pixels // _PIXELS) * groups)
    down, across = tile.blocks(rows, columns)
    wanted = min(-(-BUSY // (down * across * groups)), -(-pixels // _PIXELS))
    chunk_pixels = -(-pixels // max(1, wanted) // tile.DEPTH) * tile.DEPTH
    chunks = -(-pixels // chunk_pixels)
    sums = scratch("chunks", chunks * dw.size)
    _kernel(tile, whole=whole)(
        (down, across, groups * chunks),
        tile.threads,
        sums,
        dy.reshape(dy.size),
        x.reshape(x.size),
        pixels,
        rows,
        columns,
        groups,
        chunk_pixels,
        tuple(gather),
    )
    _add_chunks.over(dw.size, dw.reshape(dw.size), sums, chunks, fresh)
