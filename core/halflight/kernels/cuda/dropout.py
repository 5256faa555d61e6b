"""Dropout with inverted scaling; its mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..randomness import dropout_bits, dropout_threshold, random_key
from ..reference import dropout as reference
from .arrays import FLOAT, flat
from .loops.pixels import each_pixel
from .machine.compiler import Kernel


def _factor(rate: float) -> np.float32:
    return FLOAT(1.0 / (1.0 - rate))


@Kernel
def _dropout(y, x, factor, threshold, key):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        kept = dropout_bits(key, np.uint64(i)) >= threshold
        y[i] = x[i] * factor if kept else np.float32(0)


@twin(reference.dropout_forward)
def dropout_forward(y, x, rate, seed, step):
    key, threshold = random_key(seed, step), dropout_threshold(rate)
    _dropout.over(y.size, *flat(y, x), _factor(rate), threshold, key)


@twin(reference.dropout_backward)
def dropout_backward(dx, dy, rate, seed, step):
    dropout_forward(dx, dy, rate, seed, step)


def _kept(_, n, p, c, arrays, numbers):
    x = arrays[0]
    factor, threshold, key = numbers
    kept = dropout_bits(key, np.uint64(n * x.shape[2] + c)) >= threshold
    return x[n, p, c] * factor if kept else np.float32(0)


_drop_channels = each_pixel(_kept)


@twin(reference.spatial_dropout_forward)
def spatial_dropout_forward(y, x, rate, seed, step):
    numbers = _factor(rate), dropout_threshold(rate), random_key(seed, step)
    _drop_channels(y.reshape((1, *y.shape)), (x,), numbers)


@twin(reference.spatial_dropout_backward)
def spatial_dropout_backward(dx, dy, rate, seed, step):
    spatial_dropout_forward(dx, dy, rate, seed, step)
