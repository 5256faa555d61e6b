"""Embedding, by definition: each index becomes a row of a table."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array, Indices

__all__ = [
    "embedding_backward",
    "embedding_forward",
]


@checked(FLOAT)
def embedding_forward(y: Array, index: Indices, w: Array) -> None:
    """y (..., o) = the rows of w (i, o) that index (...) names, each from 0 to i - 1."""
    y[...] = w[index]


@checked(FLOAT)
def embedding_backward(dw: Array, dy: Array, index: Indices) -> None:
    """dw (i, o) += each dy (..., o), at the row that its index names, in the order of index."""
    np.add.at(dw, index, dy)
