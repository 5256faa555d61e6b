"""Fused batch normalisation, defined by the simple kernels that it stands for (see fused.py).

In the laws: images h by w, outputs p by q (halves if pooled), c channels.
"""

from inspect import unwrap

import numpy as np

from ..contract import kernel
from .arrays import Array, Indices
from .fused import PAIRS, finish
from .norm import CHANNELS, batch_norm_backward, batch_norm_forward_training
from .pool import max_pool2d_backward
from .rectifier import leaky_relu_backward

# The formulas alone, which work in any precision.
_normalise, _normalise_gradient, _rectify_gradient, _pool_gradient = (
    unwrap(simple)
    for simple in (
        batch_norm_forward_training,
        batch_norm_backward,
        leaky_relu_backward,
        max_pool2d_backward,
    )
)


@kernel(y="n p q c", index="n p q c?", x="n h w c", **CHANNELS)
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
    z = np.empty_like(x)
    running = (running_mean, running_variance)
    _normalise(z, mean, inverse_deviation, *running, x, gamma, beta, momentum, epsilon)
    finish(y, index, z, slope, pool)


@kernel(dx="n h w c", dy="n p q c", index="n p q c?", x="n h w c", **CHANNELS)
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
    z = (x - mean) * inverse_deviation
    z = z if gamma is None else gamma * z
    z = z if beta is None else z + beta
    dz = dy.copy()
    if pool and index is not None:
        dz = np.empty_like(x)
        _pool_gradient(dz, dy, index, *PAIRS)
    _rectify_gradient(dz, dz, z, slope)
    _normalise_gradient(dx, dgamma, dbeta, dz, x.copy(), gamma, mean, inverse_deviation)
