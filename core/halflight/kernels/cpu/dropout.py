"""Dropout with inverted scaling; its mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import prange

from .. import randomness
from ..contract import twin
from ..reference import dropout as reference
from .arrays import FLOAT
from .loops.blocks import block_bounds, block_count
from .machine.compiler import compiled

_dropout_bits = compiled()(randomness.dropout_bits)


@compiled(parallel=True)
def _dropout(y, x, factor, threshold, key):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            kept = _dropout_bits(key, np.uint64(i)) >= threshold
            y[i] = x[i] * factor if kept else np.float32(0)


@twin(reference.dropout_forward)
def dropout_forward(y, x, rate, seed, step):
    key, threshold = randomness.random_key(seed, step), randomness.dropout_threshold(rate)
    _dropout(y.reshape(-1), x.reshape(-1), FLOAT(1.0 / (1.0 - rate)), threshold, key)


@twin(reference.dropout_backward)
def dropout_backward(dx, dy, rate, seed, step):
    dropout_forward(dx, dy, rate, seed, step)


@compiled(parallel=True)
def _drop_channels(y, x, factor, threshold, key):
    samples, positions, channels = x.shape
    for i in prange(samples):
        for c in range(channels):  # the mask, as zeros and factors, in the first row of y
            kept = _dropout_bits(key, np.uint64(i * channels + c)) >= threshold
            y[i, 0, c] = factor if kept else np.float32(0)
        for p in range(positions - 1, -1, -1):
            for c in range(channels):
                mask = y[i, 0, c]
                y[i, p, c] = x[i, p, c] * mask if mask > np.float32(0) else np.float32(0)


@twin(reference.spatial_dropout_forward)
def spatial_dropout_forward(y, x, rate, seed, step):
    key, threshold = randomness.random_key(seed, step), randomness.dropout_threshold(rate)
    _drop_channels(y, x, FLOAT(1.0 / (1.0 - rate)), threshold, key)


@twin(reference.spatial_dropout_backward)
def spatial_dropout_backward(dx, dy, rate, seed, step):
    spatial_dropout_forward(dx, dy, rate, seed, step)
