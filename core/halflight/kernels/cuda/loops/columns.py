"""Sums down the columns of matrices (rows, columns), in fixed chunks of rows, added in order.

Two sums are taken at once, of the two numbers that a `term` finds at each element: gradients of
scales and shifts, means and variances need two.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda

from ..arrays import Array, flat
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from ..machine.simulated import SIMULATED
from .blocks import sum_of_warp
from .rows import WARP, over_rows, row_here

# A block sums so many columns, with so many threads for each.
ACROSS, DOWN = (4, 4) if SIMULATED else (32, 8)
THREADS = ACROSS * DOWN
# Chunks: enough blocks for a large GPU, and rows of one: no longer sums than round well.
_MOST_CHUNKS, _LEAST_ROWS = (3, 8) if SIMULATED else (256, 64)


def chunks_of(rows: int) -> tuple[int, int]:
    """How many chunks there are of so many rows, and rows of each."""
    chunk_rows = max(_LEAST_ROWS, -(-rows // _MOST_CHUNKS))
    return -(-rows // chunk_rows), chunk_rows


def sum_down(value, shared):
    """The sum of the values of a column's threads, in order; shared has THREADS floats."""
    shared[cuda.threadIdx.x] = value
    cuda.syncthreads()
    across = cuda.threadIdx.x % ACROSS
    total = shared[across]
    for other in range(1, DOWN):
        total += shared[other * ACROSS + across]
    cuda.syncthreads()
    return total


def _sum_chunk(sums, arrays, vectors, rows, columns, chunk_rows):
    """sums (2, chunks, columns) of the terms; a block has some columns of a chunk."""
    shared = cuda.shared.array(THREADS, np.float32)
    column = cuda.blockIdx.x * ACROSS + cuda.threadIdx.x % ACROSS
    start = cuda.blockIdx.y * chunk_rows
    first, second = np.float32(0), np.float32(0)
    if column < columns:
        down = cuda.threadIdx.x // ACROSS
        for row in range(start + down, min(start + chunk_rows, rows), DOWN):
            a, b = term(arrays, row * columns + column, vectors, column)  # noqa: F821 (a constant)
            first += a
            second += b
    first, second = sum_down(first, shared), sum_down(second, shared)
    if column < columns and cuda.threadIdx.x < ACROSS:
        to = cuda.blockIdx.y * columns + column
        sums[to] = first
        sums[cuda.gridDim.y * columns + to] = second


@Kernel
def _add_chunks(total, sums, first, chunks):
    """total += the sums of the chunks from element `first` on; a warp has a column."""
    column, lane, stored = row_here(total.size)
    added = np.float32(0)
    for chunk in range(lane, chunks, WARP):
        added += sums[first + chunk * total.size + column]
    added = sum_of_warp(added)
    if stored and lane == 0:
        total[column] += added


def column_sums(term: Callable[..., Any]) -> Kernel:
    """The kernel that sums term(arrays, element, vectors, column), a pair of numbers."""
    return Kernel(_sum_chunk, term=term)


def sum_columns(
    kernel: Kernel, arrays: tuple[Array, ...], vectors: tuple[Array, ...], columns: int
) -> tuple[Array, int]:
    """The sums (2, chunks, columns), in scratch, and the number of chunks.

    `arrays` (rows, columns) are matrices in whatever shape, `vectors` (columns,).
    """
    rows = arrays[0].size // columns
    chunks, chunk_rows = chunks_of(rows)
    sums = scratch("column sums", 2 * chunks * columns)
    blocks = (-(-columns // ACROSS), chunks)
    kernel(blocks, THREADS, sums, tuple(flat(*arrays)), vectors, rows, columns, chunk_rows)
    return sums, chunks


def add_sums(total: Array | None, sums: Array, chunks: int, which: int) -> None:
    """total (columns,) += the first or second of such sums; None: nothing to do."""
    if total is not None:
        first = which * chunks * total.size
        over_rows(_add_chunks, total.size, total, sums, first, chunks)


def _itself(arrays, i, _vectors, _column):
    return arrays[0][i], np.float32(0)


_sum_itself = column_sums(_itself)


def add_column_sums(total: Array, x: Array) -> None:
    """total (c,) += the sums of x (..., c) over all axes but the last."""
    sums, chunks = sum_columns(_sum_itself, (x,), (), total.size)
    add_sums(total, sums, chunks, 0)
