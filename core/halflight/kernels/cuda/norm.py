"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

gamma and beta of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

from numba import cuda

from ..contract import checked
from .arrays import FLOAT, Array, flat
from .compiler import Kernel
from .normalisation import affine, batch_statistics, finish, gradients, inverse_deviation_of

__all__ = [
    "batch_norm_backward",
    "batch_norm_backward_inference",
    "batch_norm_forward_inference",
    "batch_norm_forward_training",
]


@checked(FLOAT)
def batch_norm_forward_training(
    y: Array,
    mean: Array,
    inverse_deviation: Array,
    running_mean: Array,
    running_variance: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    momentum: float,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with the batch's own statistics.

    Also writes mean (c,) and inverse_deviation (c,) = 1 / sqrt(variance + epsilon) for the backward
    pass, and updates running = momentum running + (1 - momentum) batch. The variance is the biased
    one (divided by the count).
    """
    running = running_mean, running_variance
    batch_statistics(mean, inverse_deviation, *running, x, momentum, epsilon)
    finish(y, None, x, affine(gamma, beta, mean, inverse_deviation), 1.0, pool=False)


@checked(FLOAT)
def batch_norm_forward_inference(
    y: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta."""
    inverse_deviation = inverse_deviation_of(running_variance, epsilon)
    finish(y, None, x, affine(gamma, beta, running_mean, inverse_deviation), 1.0, pool=False)


@checked(FLOAT)
def batch_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of batch_norm_forward_training; dx is assigned, dgamma and dbeta are added to."""
    by = affine(gamma, None, mean, inverse_deviation)
    gradients(dx, dgamma, dbeta, dy, None, x, by, inverse_deviation, 1.0)


@Kernel
def _scale(dx, dy, factor):  # type: ignore
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        dx[i] = factor[i % factor.size] * dy[i]


@checked(FLOAT)
def batch_norm_backward_inference(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """Gradients of batch_norm_forward_inference: the statistics are constants (a frozen layer)."""
    inverse_deviation = inverse_deviation_of(running_variance, epsilon)
    by = affine(gamma, None, running_mean, inverse_deviation)
    if dgamma is not None or dbeta is not None:
        gradients(None, dgamma, dbeta, dy, None, x, by, inverse_deviation, 1.0)
    _scale.over(dx.size, *flat(dx, dy), by.factor)
