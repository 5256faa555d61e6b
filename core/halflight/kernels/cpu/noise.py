"""Gaussian noise, recomputed from (seed, step, element index) wherever it is needed."""

import math

import numpy as np
from numba import prange

from .. import randomness
from ..contract import twin
from ..elementary import exp
from ..reference import noise as reference
from .arrays import FLOAT
from .loops.blocks import block_bounds, block_count
from .machine.compiler import compiled

_random_word = compiled()(randomness.random_word)
_standard_normal = compiled()(randomness.standard_normal)
_exp = compiled()(exp)
_HALF, _ONE = FLOAT(0.5), FLOAT(1)


@compiled()
def _normal(key, i):
    return _standard_normal(_random_word(key, np.uint64(i)))


@compiled(parallel=True)
def _add_noise(y, x, stddev, key):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = x[i] + stddev * _normal(key, i)


@twin(reference.gaussian_noise_forward)
def gaussian_noise_forward(y, x, stddev, seed, step):
    _add_noise(y.reshape(-1), x.reshape(-1), FLOAT(stddev), randomness.random_key(seed, step))


@compiled(parallel=True)
def _multiply_noise(y, x, stddev, key):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = x[i] * (_ONE + stddev * _normal(key, i))


@twin(reference.gaussian_dropout_forward)
def gaussian_dropout_forward(y, x, rate, seed, step):
    stddev = FLOAT(math.sqrt(rate / (1.0 - rate)))
    _multiply_noise(y.reshape(-1), x.reshape(-1), stddev, randomness.random_key(seed, step))


@twin(reference.gaussian_dropout_backward)
def gaussian_dropout_backward(dx, dy, rate, seed, step):
    gaussian_dropout_forward(dx, dy, rate, seed, step)


@compiled(parallel=True)
def _sample(y, mean, log_variance, key):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = mean[i] + _exp(_HALF * log_variance[i]) * _normal(key, i)


@twin(reference.sampling_forward)
def sampling_forward(y, mean, log_variance, seed, step):
    arrays = (array.reshape(-1) for array in (y, mean, log_variance))
    _sample(*arrays, randomness.random_key(seed, step))


@compiled(parallel=True)
def _sample_gradient(dlog_variance, dy, log_variance, key):
    for block in prange(block_count(dy.size)):
        start, stop = block_bounds(block, dy.size)
        for i in range(start, stop):
            deviation = _exp(_HALF * log_variance[i])
            dlog_variance[i] = dy[i] * (_HALF * deviation * _normal(key, i))


@twin(reference.sampling_backward)
def sampling_backward(dlog_variance, dy, log_variance, seed, step):
    arrays = (array.reshape(-1) for array in (dlog_variance, dy, log_variance))
    _sample_gradient(*arrays, randomness.random_key(seed, step))
