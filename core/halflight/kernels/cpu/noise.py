"""Gaussian noise, recomputed from (seed, step, element index) wherever it is needed."""

import math

import numpy as np
from numba import prange

from .. import randomness
from ..contract import checked
from ..elementary import exp
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "gaussian_dropout_backward",
    "gaussian_dropout_forward",
    "gaussian_noise_forward",
    "sampling_backward",
    "sampling_forward",
]

_random_word = compiled()(randomness.random_word)
_standard_normal = compiled()(randomness.standard_normal)
_exp = compiled()(exp)
_HALF, _ONE = FLOAT(0.5), FLOAT(1)


@compiled()
def _normal(key, i):  # type: ignore
    return _standard_normal(_random_word(key, np.uint64(i)))


@compiled(parallel=True)
def _add_noise(y, x, stddev, key):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = x[i] + stddev * _normal(key, i)


@checked(FLOAT)
def gaussian_noise_forward(y: Array, x: Array, stddev: float, seed: int, step: int) -> None:
    """y = x + stddev e, for standard normal e; the gradient passes unchanged."""
    _add_noise(y.reshape(-1), x.reshape(-1), FLOAT(stddev), randomness.random_key(seed, step))


@compiled(parallel=True)
def _multiply_noise(y, x, stddev, key):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = x[i] * (_ONE + stddev * _normal(key, i))


@checked(FLOAT)
def gaussian_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x (1 + e sqrt(rate / (1 - rate))), for standard normal e (Srivastava et al. 2014, 10)."""
    stddev = FLOAT(math.sqrt(rate / (1.0 - rate)))
    _multiply_noise(y.reshape(-1), x.reshape(-1), stddev, randomness.random_key(seed, step))


@checked(FLOAT)
def gaussian_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy times the factors of the forward pass with the same rate, seed and step."""
    gaussian_dropout_forward(dx, dy, rate, seed, step)


@compiled(parallel=True)
def _sample(y, mean, log_variance, key):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = mean[i] + _exp(_HALF * log_variance[i]) * _normal(key, i)


@checked(FLOAT)
def sampling_forward(y: Array, mean: Array, log_variance: Array, seed: int, step: int) -> None:
    """y = mean + exp(log_variance / 2) e, for standard normal e (Kingma & Welling 2014, eq. 10)."""
    arrays = (array.reshape(-1) for array in (y, mean, log_variance))
    _sample(*arrays, randomness.random_key(seed, step))


@compiled(parallel=True)
def _sample_gradient(dlog_variance, dy, log_variance, key):  # type: ignore
    for block in prange(block_count(dy.size)):
        start, stop = block_bounds(block, dy.size)
        for i in range(start, stop):
            deviation = _exp(_HALF * log_variance[i])
            dlog_variance[i] = dy[i] * (_HALF * deviation * _normal(key, i))


@checked(FLOAT)
def sampling_backward(
    dlog_variance: Array, dy: Array, log_variance: Array, seed: int, step: int
) -> None:
    """dlog_variance = dy exp(log_variance / 2) e / 2, with the forward pass's e; dmean is dy."""
    arrays = (array.reshape(-1) for array in (dlog_variance, dy, log_variance))
    _sample_gradient(*arrays, randomness.random_key(seed, step))
