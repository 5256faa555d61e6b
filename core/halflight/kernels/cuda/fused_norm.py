"""Batch normalisation fused with the rectifier and the 2 x 2 maximum that follow it."""

from ..contract import checked
from .arrays import FLOAT, Array, Indices
from .normalisation import affine, batch_statistics, finish, gradients

__all__ = ["batch_norm_fused_backward", "batch_norm_fused_forward"]


@checked(FLOAT)
def batch_norm_fused_forward(
    y: Array,
    index: Indices | None,
    mean: Array,
    inverse_deviation: Array,
    running_mean: Array,
    running_variance: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    momentum: float,
    epsilon: float,
    slope: float,
    pool: bool,
) -> None:
    """batch_norm_forward_training, then a rectifier, then the largest of every 2 x 2 if `pool`."""
    running = running_mean, running_variance
    batch_statistics(mean, inverse_deviation, *running, x, momentum, epsilon)
    finish(y, index, x, affine(gamma, beta, mean, inverse_deviation), slope, pool=pool)


@checked(FLOAT)
def batch_norm_fused_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    index: Indices | None,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    mean: Array,
    inverse_deviation: Array,
    slope: float,
    pool: bool,
) -> None:
    """Gradients of batch_norm_fused_forward; dx is assigned, dgamma and dbeta are added to.

    dx may be x.
    """
    by, places = affine(gamma, beta, mean, inverse_deviation), index if pool else None
    gradients(dx, dgamma, dbeta, dy, places, x, by, inverse_deviation, slope)
