"""Embedding: each index becomes a row of a table."""

from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array, Indices
from .compiler import compiled

__all__ = [
    "embedding_backward",
    "embedding_forward",
]

_COLUMNS = 16  # of the table, to one thread: a cache line


@compiled(parallel=True)
def _take_rows(y, index, w):  # type: ignore
    for k in prange(index.size):
        row = index[k]
        for column in range(w.shape[1]):
            y[k, column] = w[row, column]


@checked(FLOAT)
def embedding_forward(y: Array, index: Indices, w: Array) -> None:
    """y (..., o) = the rows of w (i, o) that index (...) names, each from 0 to i - 1."""
    _take_rows(y.reshape(-1, w.shape[1]), index.reshape(-1), w)


@compiled(parallel=True)
def _add_rows(dw, dy, index):  # type: ignore
    """Every thread goes through all rows in order, for columns of its own."""
    for block in prange((dw.shape[1] + _COLUMNS - 1) // _COLUMNS):
        first = block * _COLUMNS
        last = min(first + _COLUMNS, dw.shape[1])
        for k in range(index.size):
            row = index[k]
            for column in range(first, last):
                dw[row, column] += dy[k, column]


@checked(FLOAT)
def embedding_backward(dw: Array, dy: Array, index: Indices) -> None:
    """dw (i, o) += each dy (..., o), at the row that its index names, in the order of index."""
    _add_rows(dw, dy.reshape(-1, dw.shape[1]), index.reshape(-1))
