"""Embedding: each index becomes a row of a table."""

from numba import prange

from ..contract import twin
from ..reference import embedding as reference
from .machine.compiler import compiled

_COLUMNS = 16  # of the table, to one thread: a cache line


@compiled(parallel=True)
def _take_rows(y, index, w):
    for k in prange(index.size):
        row = index[k]
        for column in range(w.shape[1]):
            y[k, column] = w[row, column]


@twin(reference.embedding_forward)
def embedding_forward(y, index, w):
    _take_rows(y.reshape(-1, w.shape[1]), index.reshape(-1), w)


@compiled(parallel=True)
def _add_rows(dw, dy, index):
    """Every thread goes through all rows in order, for columns of its own."""
    for block in prange((dw.shape[1] + _COLUMNS - 1) // _COLUMNS):
        first = block * _COLUMNS
        last = min(first + _COLUMNS, dw.shape[1])
        for k in range(index.size):
            row = index[k]
            for column in range(first, last):
                dw[row, column] += dy[k, column]


@twin(reference.embedding_backward)
def embedding_backward(dw, dy, index):
    _add_rows(dw, dy.reshape(-1, dw.shape[1]), index.reshape(-1))
