"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

gamma and beta of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

from numba import cuda

from ..contract import twin
from ..reference import norm as reference
from .arrays import flat
from .loops.normalisation import affine, batch_statistics, finish, gradients, inverse_deviation_of
from .machine.compiler import Kernel


@twin(reference.batch_norm_forward_training)
def batch_norm_forward_training(
    y, mean, inverse_deviation, running_mean, running_variance, x, gamma, beta, momentum, epsilon
):
    running = running_mean, running_variance
    batch_statistics(mean, inverse_deviation, *running, x, momentum, epsilon)
    finish(y, None, x, affine(gamma, beta, mean, inverse_deviation), 1.0, pool=False)


@twin(reference.batch_norm_forward_inference)
def batch_norm_forward_inference(y, x, gamma, beta, running_mean, running_variance, epsilon):
    inverse_deviation = inverse_deviation_of(running_variance, epsilon)
    finish(y, None, x, affine(gamma, beta, running_mean, inverse_deviation), 1.0, pool=False)


@twin(reference.batch_norm_backward)
def batch_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    by = affine(gamma, None, mean, inverse_deviation)
    gradients(dx, dgamma, dbeta, dy, None, x, by, inverse_deviation, 1.0)


@Kernel
def _scale(dx, dy, factor):
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        dx[i] = factor[i % factor.size] * dy[i]


@twin(reference.batch_norm_backward_inference)
def batch_norm_backward_inference(
    dx, dgamma, dbeta, dy, x, gamma, running_mean, running_variance, epsilon
):
    inverse_deviation = inverse_deviation_of(running_variance, epsilon)
    by = affine(gamma, None, running_mean, inverse_deviation)
    if dgamma is not None or dbeta is not None:
        gradients(None, dgamma, dbeta, dy, None, x, by, inverse_deviation, 1.0)
    _scale.over(dx.size, *flat(dx, dy), by.factor)
