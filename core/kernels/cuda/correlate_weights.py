"""Weight gradients: windows of x, transposed, times dy, summed over the pixels of all images.

Rows are taps and channels of x, columns are channels of dy, and the sum is long: it is cut into
chunks, as many as keep the GPU busy, which are added in order.
"""

import functools
from typing import Any

import numpy as np
from numba import cuda

from .arrays import Array, channels_of
from .compiler import Kernel
from .gather import Gather, base_of, pixel_of, tap_of
from .scratch import scratch
from .tiles import BUSY, DEPTH, QUADS, TILES, choose, column_of, multiply, row_of
from .vectors import ALIGNMENT, load4

_ZERO = np.float32(0)
# Pixels of a chunk, at least: shorter ones cost more to add than to sum.
_PIXELS = 4 * DEPTH


def _fetch_taps(staged, x, places, pixel, last, source, gather):  # type: ignore
    """The next DEPTH windows of x, for four taps and channels of the tile's rows at a time."""
    for load in range(LOADS_ROWS):  # noqa: F821 (constants of the tile)
        number, at = cuda.threadIdx.x + load * THREADS, 4 * load  # noqa: F821
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        window = pixel + number // (ROWS // 4)  # noqa: F821
        if window >= last:
            continue
        image, plane, row, column = base_of(window, gather)
        if WHOLE:  # noqa: F821 (all four belong to one tap, and are aligned)
            if places[at] >= 0:
                tap = tap_of(places[at] // gather[7], gather)
                here = pixel_of(image, plane, row, column, tap, gather)
                if here >= 0:
                    values = load4(x, here + source + places[at] % gather[7])
                    staged[at], staged[at + 1] = values[0], values[1]
                    staged[at + 2], staged[at + 3] = values[2], values[3]
            continue
        for i in range(4):
            if places[at + i] >= 0:
                tap = tap_of(places[at + i] // gather[7], gather)
                here = pixel_of(image, plane, row, column, tap, gather)
                if here >= 0:
                    staged[at + i] = x[here + source + places[at + i] % gather[7]]


def _fetch_gradients(staged, dy, pixel, last, first, begin, columns, all_columns):  # type: ignore
    """dy of the same windows, for four of the tile's columns at a time."""
    for load in range(LOADS_COLUMNS):  # noqa: F821
        number, at = cuda.threadIdx.x + load * THREADS, 4 * load  # noqa: F821
        staged[at], staged[at + 1], staged[at + 2], staged[at + 3] = _ZERO, _ZERO, _ZERO, _ZERO
        window = pixel + number // (COLUMNS // 4)  # noqa: F821
        column = begin + number % (COLUMNS // 4) * 4  # noqa: F821
        if number < COLUMNS * QUADS and window < last:  # noqa: F821
            for i in range(4):
                if column + i < columns:
                    staged[at + i] = dy[window * all_columns + first + column + i]


def _put(shared, start, left, right):  # type: ignore
    """Store what was fetched: a (DEPTH, ROWS), then b (DEPTH, COLUMNS)."""
    for load in range(LOADS_ROWS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        if number < ROWS * QUADS:  # noqa: F821
            for i in range(4):
                shared[start + 4 * number + i] = left[4 * load + i]
    start += DEPTH * ROWS  # noqa: F821
    for load in range(LOADS_COLUMNS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        if number < COLUMNS * QUADS:  # noqa: F821
            for i in range(4):
                shared[start + 4 * number + i] = right[4 * load + i]


def _sum_chunk(sums, dy, x, pixels, rows, columns, groups, chunk_pixels, gather):  # type: ignore
    """sums (chunks, rows, all columns); blocks are (row, column, group and chunk)."""
    shared = cuda.shared.array(SHARED, np.float32, alignment=ALIGNMENT)  # noqa: F821
    totals = cuda.local.array(SUMS, np.float32)  # noqa: F821
    left = cuda.local.array(FETCHED_ROWS, np.float32)  # noqa: F821
    right = cuda.local.array(FETCHED_COLUMNS, np.float32)  # noqa: F821
    places = cuda.local.array(FETCHED_ROWS, np.int32)  # noqa: F821
    for i in range(SUMS):  # noqa: F821
        totals[i] = _ZERO
    first_row, begin = cuda.blockIdx.x * ROWS, cuda.blockIdx.y * COLUMNS  # noqa: F821
    chunk, group = divmod(cuda.blockIdx.z, groups)
    for load in range(LOADS_ROWS):  # noqa: F821
        number = cuda.threadIdx.x + load * THREADS  # noqa: F821
        for i in range(4):
            place = first_row + number % (ROWS // 4) * 4 + i  # noqa: F821
            places[4 * load + i] = place if place < rows and number < ROWS * QUADS else -1  # noqa: F821
    source, first, all_columns = group * gather[7], group * columns, groups * columns
    start = chunk * chunk_pixels
    last = min(pixels, start + chunk_pixels)
    steps = (last - start + DEPTH - 1) // DEPTH
    _fetch_taps(left, x, places, start, last, source, gather)
    _fetch_gradients(right, dy, start, last, first, begin, columns, all_columns)
    _put(shared, 0, left, right)
    cuda.syncthreads()
    for step in range(steps):
        if step + 1 < steps:
            pixel = start + (step + 1) * DEPTH
            _fetch_taps(left, x, places, pixel, last, source, gather)
            _fetch_gradients(right, dy, pixel, last, first, begin, columns, all_columns)
        multiply(totals, shared, step % 2 * COPIES)  # noqa: F821
        if step + 1 < steps:
            _put(shared, (step + 1) % 2 * COPIES, left, right)  # noqa: F821
        cuda.syncthreads()
    for i in range(TALL):  # noqa: F821
        for j in range(BROAD):  # noqa: F821
            row, column = first_row + row_of(i), begin + column_of(j)
            if row < rows and column < columns:
                to = (chunk * rows + row) * all_columns + first + column
                sums[to] = totals[i * BROAD + j]  # noqa: F821


@Kernel
def _add_chunks(dw, sums, chunks, fresh):  # type: ignore
    """dw = the sums of the chunks, added in order, and what it was before unless `fresh`."""
    for i in range(cuda.grid(1), dw.size, cuda.gridsize(1)):
        total = sums[i]
        for chunk in range(1, chunks):
            total += sums[chunk * dw.size + i]
        dw[i] = total if fresh else dw[i] + total


@functools.cache
def _kernel(tile: int, *, whole: bool) -> Kernel:
    constants: dict[str, Any] = TILES[tile].constants()
    return Kernel(_sum_chunk, **constants, WHOLE=int(whole))


def correlate_weights(dw: Array, dy: Array, x: Array, gather: Gather, *, fresh: bool) -> None:
    """dw (taps, in, out) = or += the windows of x, transposed, times dy (n, ..., out)."""
    groups = gather.all_channels // gather.channels
    rows, columns = gather.depth, channels_of(dy) // groups
    pixels = dy.size // channels_of(dy)
    number = choose(rows, columns, max(1, pixels // _PIXELS) * groups)
    down, across = TILES[number].blocks(rows, columns)
    wanted = min(-(-BUSY // (down * across * groups)), -(-pixels // _PIXELS))
    chunk_pixels = -(-pixels // max(1, wanted) // DEPTH) * DEPTH
    chunks = -(-pixels // chunk_pixels)
    sums = scratch("chunks", chunks * dw.size)
    kernel = _kernel(number, whole=gather.channels % 4 == 0 and gather.all_channels % 4 == 0)
    kernel(
        (down, across, groups * chunks),
        TILES[number].threads,
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
