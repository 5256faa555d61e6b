"""Root-mean-square normalisation (Zhang & Sennrich 2019, eq. 4), by definition.

Every row, along the last axis, is divided by the root of its mean square. gamma of None stands for
ones, and a dgamma of None is not computed.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array

_LAWS = {"inverse": "...", "gamma": "c?", "dgamma": "c?"}


@kernel(y="... c", x="... c", **_LAWS)
def rms_norm_forward(
    y: Array, inverse: Array, x: Array, gamma: Array | None, epsilon: float
) -> None:
    """y = gamma x inverse, inverse = 1 / sqrt(mean of x^2 + epsilon), one for each row."""
    inverse[...] = 1.0 / np.sqrt((x * x).mean(axis=-1) + epsilon)
    y[...] = x * inverse[..., None] * (1.0 if gamma is None else gamma)


@kernel(dx="... c", dy="... c", x="... c", **_LAWS)
def rms_norm_backward(
    dx: Array,
    dgamma: Array | None,
    dy: Array,
    x: Array,
    gamma: Array | None,
    inverse: Array,
) -> None:
    """Gradients of rms_norm_forward; dx is assigned, dgamma is added to."""
    normalised = x * inverse[..., None]
    if dgamma is not None:
        dgamma += (dy * normalised).sum(axis=tuple(range(x.ndim - 1)))
    scaled = dy if gamma is None else gamma * dy
    slope = (scaled * normalised).mean(axis=-1, keepdims=True)
    dx[...] = inverse[..., None] * (scaled - normalised * slope)
