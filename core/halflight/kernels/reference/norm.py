"""Batch normalisation (Ioffe & Szegedy 2015, algorithm 1; running statistics as in Keras).

x has any rank; the last axis is the channel, and every statistic is over all other axes.
gamma and beta of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array

CHANNELS = dict.fromkeys(
    ["mean", "inverse_deviation", "running_mean", "running_variance"], "c"
) | dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")
"""Laws of what there is for each channel."""


def _affine(normalised: Array, gamma: Array | None, beta: Array | None) -> Array:
    scaled = normalised if gamma is None else gamma * normalised
    return scaled if beta is None else scaled + beta


@kernel(y="... c", x="... c", **CHANNELS)
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
    axes = tuple(range(x.ndim - 1))
    variance = x.var(axis=axes)
    mean[...] = x.mean(axis=axes)
    inverse_deviation[...] = 1.0 / np.sqrt(variance + epsilon)
    running_mean[...] = momentum * running_mean + (1.0 - momentum) * mean
    running_variance[...] = momentum * running_variance + (1.0 - momentum) * variance
    y[...] = _affine((x - mean) * inverse_deviation, gamma, beta)


@kernel(y="... c", x="... c", **CHANNELS)
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
    y[...] = _affine((x - running_mean) / np.sqrt(running_variance + epsilon), gamma, beta)


@kernel(dx="... c", dy="... c", x="... c", **CHANNELS)
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
    """Gradients of batch_norm_forward_training; dx is assigned, dgamma and dbeta are added to.

    The mean and deviation depend on x, which gives the two correction terms
    (Ioffe & Szegedy 2015, section 3).
    """
    axes = tuple(range(x.ndim - 1))
    normalised = (x - mean) * inverse_deviation
    sum_dy = dy.sum(axis=axes)
    sum_dy_normalised = (dy * normalised).sum(axis=axes)
    count = x.size // x.shape[-1]
    factor = inverse_deviation if gamma is None else gamma * inverse_deviation
    dx[...] = factor * (dy - sum_dy / count - normalised * sum_dy_normalised / count)
    if dgamma is not None:
        dgamma += sum_dy_normalised
    if dbeta is not None:
        dbeta += sum_dy


@kernel(dx="... c", dy="... c", x="... c", **CHANNELS)
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
    axes = tuple(range(x.ndim - 1))
    inverse_deviation = 1.0 / np.sqrt(running_variance + epsilon)
    normalised = (x - running_mean) * inverse_deviation
    if dgamma is not None:
        dgamma += (dy * normalised).sum(axis=axes)
    if dbeta is not None:
        dbeta += dy.sum(axis=axes)
    dx[...] = dy * inverse_deviation * (1.0 if gamma is None else gamma)
