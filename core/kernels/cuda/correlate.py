"""Windows of images times weights, as a product of matrices whose left factor is never stored.

Rows are windows, columns are channels, and the sum runs over taps and channels of the source
(implicit GEMM, Chetlur et al. 2014, arXiv:1410.0759). It serves dense layers, whose windows are one
pixel, convolutions, and their gradients by the input.
"""

import functools
from typing import Any

import numpy as np
from numba import cuda

from .arrays import Array, channels_of
from .compiler import Kernel
from .epilogue import Ending, epilogue, rectify
from .gather import Gather, base_of, pixel_of, tap_of
from .tiles import DEPTH, QUADS, TILES, choose, column_of, multiply, row_of
from .vectors import ALIGNMENT, load4

_ZERO = np.float32(0)


def _fetch_windows(staged, x, bases, windows, first, step, gather):  # type: ignore
    """The next DEPTH numbers of the tile's windows, four at a time, into registers."""
    channels = gather[7]
    for load in range(LOADS_ROWS):  # noqa: F821 (constants of the tile)
        quad = (cuda.threadIdx.x + load * THREADS) // ROWS * 4  # noqa: F821
        at, k = 4 * load, step * DEPTH + quad
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        image, plane, row = bases[at], bases[at + 1], bases[at + 2]
        column = bases[at + 3]
        if image < 0:
            continue
        if WHOLE:  # noqa: F821 (all four belong to one tap, and are aligned)
            pixel = pixel_of(image, plane, row, column, tap_of(k // channels, gather), gather)
            if pixel >= 0:
                values = load4(x, pixel + first + k % channels)
                staged[at], staged[at + 1] = values[0], values[1]
                staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        for i in range(4):
            if k + i < windows:
                tap = tap_of((k + i) // channels, gather)
                pixel = pixel_of(image, plane, row, column, tap, gather)
                if pixel >= 0:
                    staged[at + i] = x[pixel + first + (k + i) % channels]


def _fetch_weights(staged, w, step, depth, first, begin, columns, all_columns, gather):  # type: ignore
    """The weights of the same numbers, for the tile's columns from `begin` on."""
    channels = gather[7]
    for load in range(LOADS_COLUMNS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        at = 4 * load
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        if number >= COLUMNS * QUADS:  # noqa: F821
            continue
        if TRANSPOSED:  # noqa: F821 (w (taps, columns, channels): four numbers of a column)
            k, column = step * DEPTH + number // COLUMNS * 4, begin + number % COLUMNS  # noqa: F821
            if column >= columns:
                continue
            for i in range(4):
                if k + i < depth:
                    tap, c = divmod(k + i, channels)
                    staged[at + i] = w[(tap * columns + column) * all_columns + first + c]
        else:  # w (taps * channels, all columns): a number of four columns
            k = step * DEPTH + number // (COLUMNS // 4)  # noqa: F821
            column = begin + number % (COLUMNS // 4) * 4  # noqa: F821
            if k >= depth:
                continue
            for i in range(4):
                if column + i < columns:
                    staged[at + i] = w[k * all_columns + first + column + i]


def _put(shared, start, left, right):  # type: ignore
    """Store what was fetched: a (DEPTH, ROWS), then b (DEPTH, COLUMNS)."""
    for load in range(LOADS_ROWS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        quad, row = number // ROWS * 4, number % ROWS  # noqa: F821
        for i in range(4):
            shared[start + (quad + i) * ROWS + row] = left[4 * load + i]  # noqa: F821
    start += DEPTH * ROWS  # noqa: F821
    for load in range(LOADS_COLUMNS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        if number < COLUMNS * QUADS:  # noqa: F821
            for i in range(4):
                if TRANSPOSED:  # noqa: F821
                    k, column = number // COLUMNS * 4 + i, number % COLUMNS  # noqa: F821
                else:
                    k, column = number // (COLUMNS // 4), number % (COLUMNS // 4) * 4 + i  # noqa: F821
                shared[start + k * COLUMNS + column] = right[4 * load + i]  # noqa: F821


def _correlate(y, x, w, rows, columns, all_columns, gather, ending):  # type: ignore
    """y (rows, channels) = ending of windows of x times w; blocks are (row, column, group)."""
    shared = cuda.shared.array(SHARED, np.float32, alignment=ALIGNMENT)  # noqa: F821
    totals = cuda.local.array(SUMS, np.float32)  # noqa: F821
    left = cuda.local.array(FETCHED_ROWS, np.float32)  # noqa: F821
    right = cuda.local.array(FETCHED_COLUMNS, np.float32)  # noqa: F821
    bases = cuda.local.array(FETCHED_ROWS, np.int32)  # noqa: F821
    for i in range(SUMS):  # noqa: F821
        totals[i] = _ZERO
    first_row, begin = cuda.blockIdx.x * ROWS, cuda.blockIdx.y * COLUMNS  # noqa: F821
    group, channels = cuda.blockIdx.z, gather[7]
    depth = gather[2][0] * gather[2][1] * gather[2][2] * channels
    for load in range(LOADS_ROWS):  # noqa: F821
        window = first_row + (cuda.threadIdx.x + load * THREADS) % ROWS  # noqa: F821
        base = base_of(window, gather)
        bases[4 * load] = base[0] if window < rows else -1
        bases[4 * load + 1], bases[4 * load + 2] = base[1], base[2]
        bases[4 * load + 3] = base[3]
    source = group * channels
    target = source if TRANSPOSED else group * columns  # noqa: F821 (of the weights' last axis)
    steps = (depth + DEPTH - 1) // DEPTH
    _fetch_windows(left, x, bases, depth, source, 0, gather)
    _fetch_weights(right, w, 0, depth, target, begin, columns, all_columns, gather)
    _put(shared, 0, left, right)
    cuda.syncthreads()
    for step in range(steps):
        if step + 1 < steps:
            _fetch_windows(left, x, bases, depth, source, step + 1, gather)
            _fetch_weights(right, w, step + 1, depth, target, begin, columns, all_columns, gather)
        multiply(totals, shared, step % 2 * COPIES)  # noqa: F821
        if step + 1 < steps:
            _put(shared, (step + 1) % 2 * COPIES, left, right)  # noqa: F821
        cuda.syncthreads()
    scale, shift, slope, floor = ending
    for i in range(TALL):  # noqa: F821
        for j in range(BROAD):  # noqa: F821
            row, column = first_row + row_of(i), begin + column_of(j)
            if row < rows and column < columns:
                c = group * columns + column
                z = totals[i * BROAD + j] * scale[c] + shift[c]  # noqa: F821
                y[row * columns * cuda.gridDim.z + c] = rectify(z, slope, floor)


@functools.cache
def _kernel(tile: int, *, whole: bool, transposed: bool) -> Kernel:
    """One for each tile; `whole` where windows are read four aligned numbers at a time."""
    constants: dict[str, Any] = TILES[tile].constants()
    return Kernel(_correlate, **constants, WHOLE=int(whole), TRANSPOSED=int(transposed))


def correlate(
    y: Array, x: Array, w: Array, ending: Ending, gather: Gather, *, transposed: bool = False
) -> None:
    """y (n, ..., channels) = ending of windows of x times w (taps, in, out).

    Of the windows' channels if `transposed`: then w is (taps, channels, in).
    """
    channels = channels_of(y)
    rows, groups = y.size // channels, gather.all_channels // gather.channels
    columns = channels // groups
    number = choose(rows, columns, groups)
    whole = gather.channels % DEPTH == 0 and gather.all_channels % 4 == 0
    kernel = _kernel(number, whole=whole, transposed=transposed)
    kernel(
        (*TILES[number].blocks(rows, columns), groups),
        TILES[number].threads,
        y.reshape(y.size),
        x.reshape(x.size),
        w.reshape(w.size),
        rows,
        columns,
        channels_of(w),
        tuple(gather),
        epilogue(channels, ending),
    )
