"""Gaussian noise, recomputed from (seed, step, element index) wherever it is needed."""

import math

import numpy as np
from numba import cuda

from ..contract import checked
from ..elementary import HALF, ONE, exp
from ..randomness import random_key, random_word, standard_normal
from .arrays import FLOAT, Array, flat
from .compiler import Kernel

__all__ = [
    "gaussian_dropout_backward",
    "gaussian_dropout_forward",
    "gaussian_noise_forward",
    "sampling_backward",
    "sampling_forward",
]


def _normal(key, i):  # type: ignore
    return standard_normal(random_word(key, np.uint64(i)))


@Kernel
def _add_noise(y, x, stddev, key):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] + stddev * _normal(key, i)


@checked(FLOAT)
def gaussian_noise_forward(y: Array, x: Array, stddev: float, seed: int, step: int) -> None:
    """y = x + stddev e, for standard normal e; the gradient passes unchanged."""
    _add_noise.over(y.size, *flat(y, x), FLOAT(stddev), random_key(seed, step))


@Kernel
def _multiply_noise(y, x, stddev, key):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] * (ONE + stddev * _normal(key, i))


@checked(FLOAT)
def gaussian_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x (1 + e sqrt(rate / (1 - rate))), for standard normal e (Srivastava et al. 2014, 10)."""
    stddev = FLOAT(math.sqrt(rate / (1.0 - rate)))
    _multiply_noise.over(y.size, *flat(y, x), stddev, random_key(seed, step))


@checked(FLOAT)
def gaussian_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy times the factors of the forward pass with the same rate, seed and step."""
    gaussian_dropout_forward(dx, dy, rate, seed, step)


@Kernel
def _sample(y, mean, log_variance, key):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = mean[i] + exp(HALF * log_variance[i]) * _normal(key, i)


@checked(FLOAT)
def sampling_forward(y: Array, mean: Array, log_variance: Array, seed: int, step: int) -> None:
    """y = mean + exp(log_variance / 2) e, for standard normal e (Kingma & Welling 2014, eq. 10)."""
    _sample.over(y.size, *flat(y, mean, log_variance), random_key(seed, step))


@Kernel
def _sample_gradient(dlog_variance, dy, log_variance, key):  # type: ignore
    for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
        deviation = exp(HALF * log_variance[i])
        dlog_variance[i] = dy[i] * (HALF * deviation * _normal(key, i))


@checked(FLOAT)
def sampling_backward(
    dlog_variance: Array, dy: Array, log_variance: Array, seed: int, step: int
) -> None:
    """dlog_variance = dy exp(log_variance / 2) e / 2, with the forward pass's e; dmean is dy."""
    arrays = flat(dlog_variance, dy, log_variance)
    _sample_gradient.over(dy.size, *arrays, random_key(seed, step))
