"""Dropout (Srivastava et al. 2014) with inverted scaling and a mask that needs no memory.

The mask is a hash of (seed, step, element index), the same in every back end: see randomness.py.

In the laws: n samples, p positions, c channels.
"""

import math

import numpy as np

from ..contract import kernel
from ..randomness import dropout_bits, dropout_threshold, random_key
from .arrays import Array


def _drop(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    y[...] = np.where(_kept(x.shape, rate, seed, step), x / (1.0 - rate), 0.0)


def _drop_channels(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    kept = _kept((x.shape[0], 1, x.shape[2]), rate, seed, step)
    y[...] = np.where(kept, x / (1.0 - rate), 0.0)


def _kept(shape: tuple[int, ...], rate: float, seed: int, step: int) -> np.ndarray:
    index = np.arange(math.prod(shape), dtype=np.uint64)
    kept = dropout_bits(random_key(seed, step), index) >= dropout_threshold(rate)
    return kept.reshape(shape)


@kernel(y="...", x="...")
def dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x / (1 - rate) where kept, 0 with probability `rate`; 0 <= rate < 1."""
    _drop(y, x, rate, seed, step)


@kernel(dx="...", dy="...")
def dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the dropout_forward called with the same rate, seed and step."""
    _drop(dx, dy, rate, seed, step)


@kernel(y="n p c", x="n p c")
def spatial_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """The same for whole channels of x (n, p, c): all positions are kept or dropped together."""
    _drop_channels(y, x, rate, seed, step)


@kernel(dx="n p c", dy="n p c")
def spatial_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the spatial_dropout_forward with the same rate, seed and step."""
    _drop_channels(dx, dy, rate, seed, step)
