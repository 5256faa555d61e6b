"""Gaussian noise, recomputed from (seed, step, element index) wherever it is needed."""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..elementary import HALF, ONE, exp
from ..randomness import random_key, random_word, standard_normal
from ..reference import noise as reference
from .arrays import FLOAT, flat
from .machine.compiler import Kernel


def _normal(key, i):
    return standard_normal(random_word(key, np.uint64(i)))


@Kernel
def _add_noise(y, x, stddev, key):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] + stddev * _normal(key, i)


@twin(reference.gaussian_noise_forward)
def gaussian_noise_forward(y, x, stddev, seed, step):
    _add_noise.over(y.size, *flat(y, x), FLOAT(stddev), random_key(seed, step))


@Kernel
def _multiply_noise(y, x, stddev, key):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] * (ONE + stddev * _normal(key, i))


@twin(reference.gaussian_dropout_forward)
def gaussian_dropout_forward(y, x, rate, seed, step):
    stddev = FLOAT(math.sqrt(rate / (1.0 - rate)))
    _multiply_noise.over(y.size, *flat(y, x), stddev, random_key(seed, step))


@twin(reference.gaussian_dropout_backward)
def gaussian_dropout_backward(dx, dy, rate, seed, step):
    gaussian_dropout_forward(dx, dy, rate, seed, step)


@Kernel
def _sample(y, mean, log_variance, key):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = mean[i] + exp(HALF * log_variance[i]) * _normal(key, i)


@twin(reference.sampling_forward)
def sampling_forward(y, mean, log_variance, seed, step):
    _sample.over(y.size, *flat(y, mean, log_variance), random_key(seed, step))


@Kernel
def _sample_gradient(dlog_variance, dy, log_variance, key):
    for i in range(cuda.grid(1), dy.size, cuda.gridsize(1)):
        deviation = exp(HALF * log_variance[i])
        dlog_variance[i] = dy[i] * (HALF * deviation * _normal(key, i))


@twin(reference.sampling_backward)
def sampling_backward(dlog_variance, dy, log_variance, seed, step):
    arrays = flat(dlog_variance, dy, log_variance)
    _sample_gradient.over(dy.size, *arrays, random_key(seed, step))
