"""Embedding: each index becomes a row of a table."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import embedding as reference
from .arrays import flat
from .loops.columns import add_sums
from .machine.compiler import Kernel
from .machine.scratch import scratch

# Partial sums of a gradient: enough threads for a large GPU, in little memory; chunks of the
# indices, and how long one is at least.
_MOST_SUMS, _MOST_CHUNKS, _LEAST_CHUNK = 1 << 20, 256, 16


@Kernel
def _take_rows(y, index, w):
    """An index outside the table gives NaN: to tell the host would take waiting for it."""
    rows, columns = w.shape
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        k, column = divmod(i, columns)
        row = index[k]
        y[i] = w[row, column] if 0 <= row < rows else np.float32(np.nan)


@twin(reference.embedding_forward)
def embedding_forward(y, index, w):
    y, index = flat(y, index)
    _take_rows.over(y.size, y, index, w)


@Kernel
def _sum_rows(sums, dy, index, size, columns, chunk):
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


@twin(reference.embedding_backward)
def embedding_backward(dw, dy, index):
    columns = dw.shape[1]
    dw, dy, index = flat(dw, dy, index)
    most = max(1, min(_MOST_SUMS // dw.size, _MOST_CHUNKS))
    chunk = max(-(-index.size // most), _LEAST_CHUNK)
    chunks = -(-index.size // chunk)
    sums = scratch("sums of chunks", chunks * dw.size)
    _sum_rows.over(sums.size, sums, dy, index, dw.size, columns, chunk)
    add_sums(dw, sums, chunks, 0)
