"""Fused convolution, defined by the simple kernels that it stands for.

All fused kernels end in the same two steps: a rectifier, y = x where x > 0, else slope x (0 is
ReLU, 1 is none), and with `pool` the largest of every 2 x 2 pixels, their place recorded in `index`
unless it is None. An odd last row or column is left out.

In the laws: images h by w, outputs p by q (halves if pooled), windows u by v; g groups
of i channels in, and o channels out.
"""

from inspect import unwrap

import numpy as np

from ..contract import kernel
from .arrays import Array, Indices
from .conv import conv2d_forward
from .norm import batch_norm_forward_inference
from .pool import max_pool2d_backward, max_pool2d_forward
from .rectifier import leaky_relu_backward, leaky_relu_forward, relu_forward
from .windows import Pair

_FACTORS = dict.fromkeys(["b", "gamma", "beta", "running_mean", "running_variance"], "o?")

PAIRS = ((2, 2), (2, 2), (0, 0))
"""Size, strides and padding of the pooling."""

# The formulas alone, which work in any precision.
_convolve, _normalise, _relu, _leaky_relu, _leaky_relu_gradient, _pool, _pool_gradient = (
    unwrap(simple)
    for simple in (
        conv2d_forward,
        batch_norm_forward_inference,
        relu_forward,
        leaky_relu_forward,
        leaky_relu_backward,
        max_pool2d_forward,
        max_pool2d_backward,
    )
)


def finish(y: Array, index: Indices | None, z: Array, slope: float, pool: bool) -> None:
    """y, index = z, rectified and pooled; z is spoiled."""
    if slope == 0.0:
        _relu(z, z)
    else:
        _leaky_relu(z, z, slope)
    if pool:
        _pool(y, np.empty(y.shape, np.int32) if index is None else index, z, *PAIRS)
    else:
        y[...] = z


@kernel(y="n p q o", index="n p q o?", x="n h w g*i", w="u v i o", **_FACTORS)
def conv2d_fused_forward(
    y: Array,
    index: Indices | None,
    x: Array,
    w: Array,
    b: Array | None,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array | None,
    running_variance: Array | None,
    epsilon: float,
    slope: float,
    pool: bool,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> None:
    """conv2d_forward, then batch_norm_forward_inference unless running_mean is None, then the end.

    The end is a rectifier (slope x below 0) and, with `pool`, the largest of every 2 x 2 pixels:
    y (n, p, q, out) then comes from the first 2 p by 2 q outputs of the convolution.
    """
    n, p, q, channels = y.shape
    z = np.empty((n, 2 * p, 2 * q, channels) if pool else y.shape, x.dtype)
    _convolve(z, x, w, b, strides, padding, dilation, groups)
    if running_mean is not None and running_variance is not None:
        _normalise(z, z, gamma, beta, running_mean, running_variance, epsilon)
    finish(y, index, z, slope, pool)


@kernel(dx="n h w c", dy="n p q c", index="n p q c", y="n p q c")
def rectified_pool_backward(dx: Array, dy: Array, index: Indices, y: Array, slope: float) -> None:
    """dx (n, h, w, c) = gradient of the end by its input, from its pooled output y and index."""
    dz = np.empty_like(dy)
    _leaky_relu_gradient(dz, dy, y, slope)
    _pool_gradient(dx, dz, index, *PAIRS)
