"""Layer normalisation (Ba, Kiros & Hinton 2016, eq. 4), by definition.

x has any rank; every row, along the last axis, is normalised by its own statistics. gamma and beta
of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array

_STATISTICS = dict.fromkeys(["mean", "inverse_deviation"], "...")
_FEATURES = dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")


@kernel(y="... c", x="... c", **_STATISTICS, **_FEATURES)
def layer_norm_forward(
    y: Array,
    mean: Array,
    inverse_deviation: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with each row's own statistics.

    Also writes mean and inverse_deviation = 1 / sqrt(variance + epsilon), one for each row, for the
    backward pass. The variance is the biased one (divided by the count).
    """
    mean[...] = x.mean(axis=-1)
    inverse_deviation[...] = 1.0 / np.sqrt(x.var(axis=-1) + epsilon)
    y[...] = (x - mean[..., None]) * inverse_deviation[..., None]
    y *= 1.0 if gamma is None else gamma
    y += 0.0 if beta is None else beta


@kernel(dx="... c", dy="... c", x="... c", **_STATISTICS, **_FEATURES)
def layer_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of layer_norm_forward; dx is assigned, dgamma and dbeta are added to."""
    rows = tuple(range(x.ndim - 1))
    normalised = (x - mean[..., None]) * inverse_deviation[..., None]
    if dgamma is not None:
        dgamma += (dy * normalised).sum(axis=rows)
    if dbeta is not None:
        dbeta += dy.sum(axis=rows)
    scaled = dy if gamma is None else gamma * dy
    centred = scaled - scaled.mean(axis=-1, keepdims=True)
    projection = (scaled * normalised).mean(axis=-1, keepdims=True)
    dx[...] = inverse_deviation[..., None] * (centred - normalised * projection)
