"""Dropout with inverted scaling; its mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import prange

from .. import randomness
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "dropout_backward",
    "dropout_forward",
    "spatial_dropout_backward",
    "spatial_dropout_forward",
]

_dropout_bits = compiled()(randomness.dropout_bits)


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
    key, threshold = randomness.random_key(seed, step), randomness.dropout_threshold(rate)
    _dropout(y.reshape(-1), x.reshape(-1), FLOAT(1.0 / (1.0 - rate)), threshold, key)


@checked(FLOAT)
def dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the dropout_forward called with the same rate, seed and step."""
    dropout_forward(dx, dy, rate, seed, step)


@compiled(parallel=True)
def _drop_channels(y, x, factor, threshold, key):  # type: ignore
    samples, positions, channels = x.shape
    for i in prange(samples):
        for c in range(channels):  # the mask, as zeros and factors, in the first row of y
            kept = _dropout_bits(key, np.uint64(i * channels + c)) >= threshold
            y[i, 0, c] = factor if kept else np.float32(0)
        for p in range(positions - 1, -1, -1):
            for c in range(channels):
                mask = y[i, 0, c]
                y[i, p, c] = x[i, p, c] * mask if mask > np.float32(0) else np.float32(0)


@checked(FLOAT)
def spatial_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """The same for whole channels of x (n, p, c): all positions are kept or dropped together."""
    key, threshold = randomness.random_key(seed, step), randomness.dropout_threshold(rate)
    _drop_channels(y, x, FLOAT(1.0 / (1.0 - rate)), threshold, key)


@checked(FLOAT)
def spatial_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the spatial_dropout_forward with the same rate, seed and step."""
    spatial_dropout_forward(dx, dy, rate, seed, step)
