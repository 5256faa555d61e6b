"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

x has any rank; the last axis is the channel, and every statistic is over all other axes.
"""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

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
    gamma: Array,
    beta: Array,
    momentum: float,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with the batch's own statistics.

    Also writes mean (c,) and inverse_deviation (c,) = 1 / sqrt(variance + epsilon) for the backward
    pass, and updates running = momentum running + (1 - momentum) batch. The variance is the biased
    one (divided by the count).
    """
    axes = tuple(range(x.ndim - 1))
    variance = x.var(axis=axes)
    mean[...] = x.mean(axis=axes)
    inverse_deviation[...] = 1.0 / np.sqrt(variance + epsilon)
    running_mean[...] = momentum * running_mean + (1.0 - momentum) * mean
    running_variance[...] = momentum * running_variance + (1.0 - momentum) * variance
    y[...] = gamma * (x - mean) * inverse_deviation + beta


@checked(FLOAT)
def batch_norm_forward_inference(
    y: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta."""
    y[...] = gamma * (x - running_mean) / np.sqrt(running_variance + epsilon) + beta


@checked(FLOAT)
def batch_norm_backward(
    dx: Array,
    dgamma: Array,
    dbeta: Array,
    dy: Array,
    x: Array,
    gamma: Array,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of batch_norm_forward_training; dx is assigned, dgamma and dbeta are added to.

    The mean and deviation depend on x, which gives the two correction terms
    (Ioffe & Szegedy 2015, section 3).
    """
    axes = tuple(range(x.ndim - 1))
    normalised = (x - mean) * inverse_deviation
    sum_dy = dy.sum(axis=axes)
    sum_dy_normalised = (dy * normalised).sum(axis=axes)
    count = x.size // x.shape[-1]
    dx[...] = (
        gamma * inverse_deviation * (dy - sum_dy / count - normalised * sum_dy_normalised / count)
    )
    dgamma += sum_dy_normalised
    dbeta += sum_dy


@checked(FLOAT)
def batch_norm_backward_inference(
    dx: Array,
    dgamma: Array,
    dbeta: Array,
    dy: Array,
    x: Array,
    gamma: Array,
    running_mean: Array,
    running_variance: Array,
    epsilon: float,
) -> None:
    """Gradients of batch_norm_forward_inference: the statistics are constants (a frozen layer)."""
    axes = tuple(range(x.ndim - 1))
    inverse_deviation = 1.0 / np.sqrt(running_variance + epsilon)
    normalised = (x - running_mean) * inverse_deviation
    dgamma += (dy * normalised).sum(axis=axes)
    dbeta += dy.sum(axis=axes)
    dx[...] = dy * gamma * inverse_deviation
