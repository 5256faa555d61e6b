"""Group normalisation (Wu & He 2018, section 3.1), by definition.

The c channels of x (n, p, c) are split, in order, into g groups of one size, and each sample's
group is normalised by its statistics over positions and channels. gamma and beta of None stand for
ones and zeros, and a dgamma or dbeta of None is not computed.

In the laws: n samples of p positions, c channels in g groups.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array

_STATISTICS = dict.fromkeys(["mean", "inverse_deviation"], "n g")
_FEATURES = dict.fromkeys(["gamma", "beta", "dgamma", "dbeta"], "c?")


def _grouped(x: Array, groups: int) -> Array:
    """A view of x (n, p, c) as (n, p, groups, channels of a group)."""
    return x.reshape(*x.shape[:2], groups, -1)


@kernel(y="n p c", x="n p c", **_STATISTICS, **_FEATURES)
def group_norm_forward(
    y: Array,
    mean: Array,
    inverse_deviation: Array,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
) -> None:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta with each group's own statistics.

    Also writes mean (n, g) and inverse_deviation (n, g) = 1 / sqrt(variance + epsilon) for the
    backward pass; their shape sets the number of groups, which must divide c. The variance is the
    biased one (divided by the count).
    """
    x = _grouped(x, mean.shape[1])
    mean[...] = x.mean(axis=(1, 3))
    inverse_deviation[...] = 1.0 / np.sqrt(x.var(axis=(1, 3)) + epsilon)
    normalised = (x - mean[:, None, :, None]) * inverse_deviation[:, None, :, None]
    y[...] = normalised.reshape(y.shape)
    y *= 1.0 if gamma is None else gamma
    y += 0.0 if beta is None else beta


@kernel(dx="n p c", dy="n p c", x="n p c", **_STATISTICS, **_FEATURES)
def group_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dbeta: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    inverse_deviation: Array,
) -> None:
    """Gradients of group_norm_forward; dx is assigned, dgamma and dbeta are added to."""
    inverse = inverse_deviation[:, None, :, None]
    normalised = (_grouped(x, mean.shape[1]) - mean[:, None, :, None]) * inverse
    if dgamma is not None:
        dgamma += (dy * normalised.reshape(dy.shape)).sum(axis=(0, 1))
    if dbeta is not None:
        dbeta += dy.sum(axis=(0, 1))
    scaled = _grouped(dy if gamma is None else gamma * dy, mean.shape[1])
    centred = scaled - scaled.mean(axis=(1, 3), keepdims=True)
    projection = (scaled * normalised).mean(axis=(1, 3), keepdims=True)
    dx[...] = (inverse * (centred - normalised * projection)).reshape(dx.shape)
