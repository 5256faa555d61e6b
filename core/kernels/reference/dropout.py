"""Dropout (Srivastava et al. 2014) with inverted scaling and a mask that needs no memory.

The mask is a hash of (seed, step, element index), the same in every back end: see formulas.py.
"""

import numpy as np

from ..contract import checked
from ..formulas import dropout_bits, dropout_key, dropout_threshold
from .arrays import FLOAT, Array

__all__ = [
    "dropout_backward",
    "dropout_forward",
]


def _drop(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    index = np.arange(x.size, dtype=np.uint64)
    kept = dropout_bits(dropout_key(seed, step), index) >= dropout_threshold(rate)
    y[...] = np.where(kept.reshape(x.shape), x / (1.0 - rate), 0.0)


@checked(FLOAT)
def dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x / (1 - rate) where kept, 0 with probability `rate`; 0 <= rate < 1."""
    _drop(y, x, rate, seed, step)


@checked(FLOAT)
def dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the dropout_forward called with the same rate, seed and step."""
    _drop(dx, dy, rate, seed, step)
