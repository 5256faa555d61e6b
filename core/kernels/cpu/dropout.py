"""Dropout with inverted scaling; its mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "dropout_backward",
    "dropout_forward",
]

_dropout_bits = compiled()(formulas.dropout_bits)


@compiled(parallel=True)
def _dropout(y, x, factor, threshold, key):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            kept = _dropout_bits(key, np.uint64(i)) >= threshold
            y[i] = x[i] * factor if kept else np.float32(0)


@checked(FLOAT)
def dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x / (1 - rate) where kept, 0 with probability `rate`; 0 <= rate < 1."""
    key, threshold = formulas.dropout_key(seed, step), formulas.dropout_threshold(rate)
    _dropout(y.reshape(-1), x.reshape(-1), FLOAT(1.0 / (1.0 - rate)), threshold, key)


@checked(FLOAT)
def dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the dropout_forward called with the same rate, seed and step."""
    dropout_forward(dx, dy, rate, seed, step)
