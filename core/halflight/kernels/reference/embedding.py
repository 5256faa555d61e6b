"""Embedding, by definition: each index becomes a row of a table."""

import numpy as np

from ..contract import kernel
from .arrays import Array, Indices


@kernel(y="... o", index="...", w="i o")
def embedding_forward(y: Array, index: Indices, w: Array) -> None:
    """y (..., o) = the rows of w (i, o) that index (...) names, each from 0 to i - 1."""
    y[...] = w[index]


@kernel(dw="i o", dy="... o", index="...")
def embedding_backward(dw: Array, dy: Array, index: Indices) -> None:
    """dw (i, o) += each dy (..., o), at the row that its index names, in the order of index."""
    np.add.at(dw, index, dy)
