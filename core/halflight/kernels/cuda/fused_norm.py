"""Batch normalisation fused with the rectifier and the 2 x 2 maximum that follow it."""

from ..contract import twin
from ..reference import fused_norm as reference
from .loops.normalisation import affine, batch_statistics, finish, gradients


@twin(reference.batch_norm_fused_forward)
def batch_norm_fused_forward(
    y,
    index,
    mean,
    inverse_deviation,
    running_mean,
    running_variance,
    x,
    gamma,
    beta,
    momentum,
    epsilon,
    slope,
    pool,
):
    running = running_mean, running_variance
    batch_statistics(mean, inverse_deviation, *running, x, momentum, epsilon)
    finish(y, index, x, affine(gamma, beta, mean, inverse_deviation), slope, pool=pool)


@twin(reference.batch_norm_fused_backward)
def batch_norm_fused_backward(
    dx, dgamma, dbeta, dy, index, x, gamma, beta, mean, inverse_deviation, slope, pool
):
    by, places = affine(gamma, beta, mean, inverse_deviation), index if pool else None
    gradients(dx, dgamma, dbeta, dy, places, x, by, inverse_deviation, slope)
