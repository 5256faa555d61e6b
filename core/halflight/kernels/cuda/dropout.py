"""Dropout with inverted scaling; its mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import cuda

from ..contract import checked
from ..randomness import dropout_bits, dropout_threshold, random_key
from .arrays import FLOAT, Array, flat
from .compiler import Kernel
from .pixels import each_pixel

__all__ = [
    "dropout_backward",
    "dropout_forward",
    "spatial_dropout_backward",
    "spatial_dropout_forward",
]


def _factor(rate: float) -> np.float32:
    return FLOAT(1.0 / (1.0 - rate))


@Kernel
def _dropout(y, x, factor, threshold, key):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        kept = dropout_bits(key, np.uint64(i)) >= threshold
        y[i] = x[i] * factor if kept else np.float32(0)


@checked(FLOAT)
def dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x / (1 - rate) where kept, 0 with probability `rate`; 0 <= rate < 1."""
    key, threshold = random_key(seed, step), dropout_threshold(rate)
    _dropout.over(y.size, *flat(y, x), _factor(rate), threshold, key)


@checked(FLOAT)
def dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the dropout_forward called with the same rate, seed and step."""
    dropout_forward(dx, dy, rate, seed, step)


def _kept(_, n, p, c, arrays, numbers):  # type: ignore
    x = arrays[0]
    factor, threshold, key = numbers
    kept = dropout_bits(key, np.uint64(n * x.shape[2] + c)) >= threshold
    return x[n, p, c] * factor if kept else np.float32(0)


_drop_channels = each_pixel(_kept)


@checked(FLOAT)
def spatial_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """The same for whole channels of x (n, p, c): all positions are kept or dropped together."""
    numbers = _factor(rate), dropout_threshold(rate), random_key(seed, step)
    _drop_channels(y.reshape((1, *y.shape)), (x,), numbers)


@checked(FLOAT)
def spatial_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy through the mask of the spatial_dropout_forward with the same rate, seed and step."""
    spatial_dropout_forward(dx, dy, rate, seed, step)
