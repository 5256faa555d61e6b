"""Embedding: each index becomes a row of a table."""

import numpy as np
from numba import cuda

from ..contract import checked
from .arrays import FLOAT, Array, Indices, flat, to_host
from .blocks import BLOCKS, sum_of_block
from .columns import add_sums
from .compiler import THREADS, Kernel
from .scratch import scratch

__all__ = [
    "embedding_backward",
    "embedding_forward",
]

# Partial sums of a gradient: enough threads for a large GPU, in little memory; chunks of the
# indices, and how long one is at least.
_MOST_SUMS, _MOST_CHUNKS, _LEAST_CHUNK = 1 << 20, 256, 16


@Kernel
def _count_outside(counts, index, rows):  # type: ignore
    """counts (blocks,) = how many indices lie outside the table."""
    count = np.float32(0)
    for k in range(cuda.grid(1), index.size, cuda.gridsize(1)):
        count += np.float32(0) if 0 <= index[k] < rows else np.float32(1)
    count = sum_of_block(count)
    if cuda.threadIdx.x == 0:
        counts[cuda.blockIdx.x] = count


def _check_index(kernel: str, index: Indices, rows: int) -> None:
    """The contract wants the error before anything is written: this waits for the GPU.

    Raises ValueError when an index is not a row of the table.
    """
    counts = scratch("indices outside", min(BLOCKS, -(-index.size // THREADS)))
    _count_outside(counts.size, THREADS, counts, index, rows)
    if to_host(counts).any():
        host = to_host(index)
        wrong = host[(host < 0) | (host >= rows)][0]
        raise ValueError(f"{kernel}: index holds {wrong}, expected 0 to {rows - 1}")


@Kernel
def _take_rows(y, index, w):  # type: ignore
    columns = w.shape[1]
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        k, column = divmod(i, columns)
        y[i] = w[index[k], column]


@checked(FLOAT)
def embedding_forward(y: Array, index: Indices, w: Array) -> None:
    """y (..., o) = the rows of w (i, o) that index (...) names, each from 0 to i - 1."""
    y, index = flat(y, index)
    _check_index("embedding_forward", index, w.shape[0])
    _take_rows.over(y.size, y, index, w)


@Kernel
def _sum_rows(sums, dy, index, size, columns, chunk):  # type: ignore
    """sums (chunks, table): every thread goes through a chunk of the indices, for one element.

    The threads of a warp read the same indices. That is the table's size times the number of
    indices in all, which suits tables of up to some thousand rows, and needs no sorting.
    """
    for i in range(cuda.grid(1), sums.size, cuda.gridsize(1)):
        start, element = divmod(i, size)
        row, column = divmod(element, columns)
        start *= chunk
        total = np.float32(0)
        for k in range(start, min(start + chunk, index.size)):
            if index[k] == row:
                total += dy[k * columns + column]
        sums[i] = total


@checked(FLOAT)
def embedding_backward(dw: Array, dy: Array, index: Indices) -> None:
    """dw (i, o) += each dy (..., o), at the row that its index names, in the order of index."""
    rows, columns = dw.shape
    dw, dy, index = flat(dw, dy, index)
    _check_index("embedding_backward", index, rows)
    most = max(1, min(_MOST_SUMS // dw.size, _MOST_CHUNKS))
    chunk = max(-(-index.size // most), _LEAST_CHUNK)
    chunks = -(-index.size // chunk)
    sums = scratch("sums of chunks", chunks * dw.size)
    _sum_rows.over(sums.size, sums, dy, index, dw.size, columns, chunk)
    add_sums(dw, sums, chunks, 0)
