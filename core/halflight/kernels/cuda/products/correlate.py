"""Windows of images times weights, as a product of matrices whose left factor is never stored.

Rows are windows, columns are channels, and the sum runs over taps and channels of the source
(implicit GEMM, Chetlur et al. 2014, arXiv:1410.0759). It serves dense layers, whose windows are one
pixel, convolutions, and their gradients by the input.
"""

import functools

import numpy as np
from numba import cuda

from ...formulas import rectify
from ..arrays import Array, aligned, channels_of
from ..machine.compiler import Kernel
from .epilogue import Ending, epilogue
from .gather import Gather, next_tap, pixel_of, tap_of, window_of
from .tensor_tiles import tiles_for
from .tiles import DEPTH, Tile, choose, put4
from .vectors import ALIGNMENT, load4, store4

# ruff: noqa: F821 (kernels see the constants of their tile)

_ZERO = np.float32(0)


def _find_windows(windows, first_row, rows, gather):
    """Image (-1: past the last), plane, row, column of the windows that this thread fetches."""
    for load in range(LOADS_ROWS):
        number = first_row + (cuda.threadIdx.x + load * THREADS) % ROWS
        image, plane, row, column = window_of(number, gather)
        windows[4 * load] = image if number < rows else -1
        windows[4 * load + 1], windows[4 * load + 2] = plane, row
        windows[4 * load + 3] = column


def _find_pixels(pixels, windows, tap, gather):
    """Where the pixels of these windows begin that a tap meets, or -1."""
    for load in range(LOADS_ROWS):
        at = 4 * load
        window = (windows[at], windows[at + 1], windows[at + 2], windows[at + 3])
        pixels[load] = pixel_of(window, tap, gather) if window[0] >= 0 else -1


def _fetch_windows(staged, x, windows, pixels, source, depth, step, c, gather):
    """The next DEPTH numbers of the tile's windows, four at a time, into registers."""
    for load in range(LOADS_ROWS):
        at = 4 * load
        quad = (cuda.threadIdx.x + load * THREADS) // ROWS * 4
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        if WHOLE:
            if pixels[load] >= 0:
                values = load4(x, pixels[load] + source + c + quad)
                staged[at], staged[at + 1] = values[0], values[1]
                staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        window = (windows[at], windows[at + 1], windows[at + 2], windows[at + 3])
        for i in range(4):
            tap, channel = divmod(step * DEPTH + quad + i, gather[7])
            if window[0] >= 0 and step * DEPTH + quad + i < depth:
                pixel = pixel_of(window, tap_of(tap, gather), gather)
                if pixel >= 0:
                    staged[at + i] = x[pixel + source + channel]


def _fetch_rows(staged, w, first, step, depth, begin, columns, all_columns):
    """The next DEPTH rows of w (depth, all_columns): four of the tile's columns at a time."""
    for load in range(LOADS_COLUMNS):
        number, at = cuda.threadIdx.x + load * THREADS, 4 * load
        k = step * DEPTH + number // (COLUMNS // 4)
        column = begin + number % (COLUMNS // 4) * 4
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        if number >= COLUMNS * QUADS or k >= depth or column >= columns:
            continue
        start = k * all_columns + first + column
        if WHOLE:
            values = load4(w, start)
            staged[at], staged[at + 1] = values[0], values[1]
            staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        for i in range(4):
            if column + i < columns:
                staged[at + i] = w[start + i]


def _fetch_columns(staged, w, first, step, depth, begin, columns, all_channels, channels):
    """The same of w (taps, columns, all_channels): four numbers of a column at a time."""
    for load in range(LOADS_COLUMNS):
        number, at = cuda.threadIdx.x + load * THREADS, 4 * load
        k, column = step * DEPTH + number // COLUMNS * 4, begin + number % COLUMNS
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        if number >= COLUMNS * QUADS or column >= columns:
            continue
        if WHOLE:
            tap = step * DEPTH // channels
            start = (tap * columns + column) * all_channels + first + k - tap * channels
            values = load4(w, start)
            staged[at], staged[at + 1] = values[0], values[1]
            staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        for i in range(4):
            if k + i < depth:
                tap, channel = divmod(k + i, channels)
                staged[at + i] = w[(tap * columns + column) * all_channels + first + channel]


def _put(shared, start, left, right):
    """Store what was fetched: a (DEPTH, ROWS), then b (DEPTH, COLUMNS)."""
    for load in range(LOADS_ROWS):
        number = cuda.threadIdx.x + load * THREADS
        for i in range(4):
            to = start + (number // ROWS * 4 + i) * LEFT_STRIDE + number % ROWS
            shared[to] = rounded(left[4 * load + i])
    start += DEPTH * LEFT_STRIDE
    if not TRANSPOSED:
        put4(shared, start, right, LOADS_COLUMNS, COLUMNS, RIGHT_STRIDE)
        return
    for load in range(LOADS_COLUMNS):
        number = cuda.threadIdx.x + load * THREADS
        if number < COLUMNS * QUADS:
            to = start + number // COLUMNS * 4 * RIGHT_STRIDE + number % COLUMNS
            for i in range(4):
                shared[to + i * RIGHT_STRIDE] = rounded(right[4 * load + i])


def _finish(y, totals, first_row, rows, begin, columns, group, ending):
    """Store the ending of this thread's sums."""
    scale, shift, slope, floor = ending
    for i in range(TALL):
        row = first_row + row_of(i)
        for j in range(0, BROAD, 4):
            column = begin + column_of(j)
            c = group * columns + column
            to = row * columns * cuda.gridDim.z + c
            if row >= rows or column >= columns:
                continue
            if WHOLE:
                at = i * BROAD + j
                store4(
                    y,
                    to,
                    rectify(totals[at] * scale[c] + shift[c], slope, floor),
                    rectify(totals[at + 1] * scale[c + 1] + shift[c + 1], slope, floor),
                    rectify(totals[at + 2] * scale[c + 2] + shift[c + 2], slope, floor),
                    rectify(totals[at + 3] * scale[c + 3] + shift[c + 3], slope, floor),
                )
                continue
            for k in range(4):
                if column + k < columns:
                    z = totals[i * BROAD + j + k] * scale[c + k] + shift[c + k]
                    y[to + k] = rectify(z, slope, floor)


def _correlate(y, x, w, rows, columns, last_axis, gather, ending):
    """y (rows, channels) = ending of windows of x times w; blocks are (row, column, group)."""
    shared = cuda.shared.array(SHARED, np.float32, alignment=ALIGNMENT)
    totals = cuda.local.array(SUMS, np.float32)
    left = cuda.local.array(FETCHED_ROWS, np.float32)
    right = cuda.local.array(FETCHED_COLUMNS, np.float32)
    windows = cuda.local.array(FETCHED_ROWS, np.int32)
    pixels = cuda.local.array(LOADS_ROWS, np.int64)
    for i in range(SUMS):
        totals[i] = _ZERO
    first_row, begin = cuda.blockIdx.x * ROWS, cuda.blockIdx.y * COLUMNS
    group, channels = cuda.blockIdx.z, gather[7]
    depth = gather[2][0] * gather[2][1] * gather[2][2] * channels
    steps = (depth + DEPTH - 1) // DEPTH
    source = group * channels
    _find_windows(windows, first_row, rows, gather)
    tap, c = (0, 0, 0), 0
    for step in range(steps + 1):
        if step < steps:  # fetch for the next turn while this one multiplies
            if WHOLE and c == 0:
                _find_pixels(pixels, windows, tap, gather)
            _fetch_windows(left, x, windows, pixels, source, depth, step, c, gather)
            if TRANSPOSED:
                _fetch_columns(right, w, source, step, depth, begin, columns, last_axis, channels)
            else:
                _fetch_rows(right, w, group * columns, step, depth, begin, columns, last_axis)
            c += DEPTH
            if c >= channels:
                tap, c = next_tap(tap[0], tap[1], tap[2], gather), 0
        if step > 0:
            multiply(totals, shared, (step - 1) % 2 * COPIES)
        if step < steps:
            _put(shared, step % 2 * COPIES, left, right)
        cuda.syncthreads()
    _finish(y, totals, first_row, rows, begin, columns, group, ending)


@functools.cache
def _kernel(tile: Tile, *, whole: bool, transposed: bool) -> Kernel:
    """One for each tile; `whole` where fours of channels are aligned, and of one tap."""
    return Kernel(_correlate, **tile.constants(), WHOLE=int(whole), TRANSPOSED=int(transposed))


def correlate(
    y: Array,
    x: Array,
    w: Array,
    ending: Ending,
    gather: Gather,
    *,
    transposed: bool = False,
    tf32: bool = False,
) -> None:
    """y (n, ..., channels) = ending of windows of x times w (taps, in, out).

    Of the windows' channels if `transposed`: then w is (taps, channels, in).
    """
    channels = channels_of(y)
    rows, groups = y.size // channels, gather.all_channels // gather.channels
    columns = channels // groups
    fours = gather.all_channels % 4 == columns % 4 == 0 and aligned(y, x, w)
    deep = fours and gather.channels % (2 * DEPTH) == 0
    tile = choose(tiles_for(columns, deep=deep, tf32=tf32), rows, columns, groups)
    whole = fours and gather.channels % tile.DEPTH == 0
    _kernel(tile, whole=whole, transposed=transposed)(
        (*tile.blocks(rows, columns), groups),
        tile.threads,
        y.reshape(y.size),
        x.reshape(x.size),
        w.reshape(w.size),
        rows,
        columns,
        channels_of(w),
        tuple(gather),
        epilogue(channels, ending),
    )
