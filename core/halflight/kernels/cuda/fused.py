"""A convolution with what follows it."""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import fused as reference
from .arrays import FLOAT, Array, flat
from .conv import fused_forward
from .loops.pairs import Pooling, masked, pair_of
from .machine.compiler import Kernel
from .machine.scratch import scratch
from .products.epilogue import Ending, or_constant

Pair = tuple[int, int]


@Kernel
def _fold(scale, shift, b, gamma, beta, mean, variance, epsilon):
    for c in range(cuda.grid(1), scale.size, cuda.gridsize(1)):
        scale[c] = gamma[c] * (np.float32(1) / math.sqrt(variance[c] + epsilon))
        shift[c] = (b[c] - mean[c]) * scale[c] + beta[c]


def _folded(
    b: Array | None,
    gamma: Array | None,
    beta: Array | None,
    running_mean: Array | None,
    running_variance: Array | None,
    epsilon: float,
) -> tuple[Array | None, Array | None]:
    """Scale and shift of a bias and a normalisation: gamma / deviation, beta + (b - mean) scale."""
    if running_mean is None or running_variance is None:
        return None, b
    channels = running_mean.size
    scale, shift = (scratch(f"folded {part}", channels) for part in ("scale", "shift"))
    b = or_constant(b, channels, 0.0)
    gamma = or_constant(gamma, channels, 1.0)
    beta = or_constant(beta, channels, 0.0)
    statistics = running_mean, running_variance, FLOAT(epsilon)
    _fold.over(channels, scale, shift, b, gamma, beta, *statistics)
    return scale, shift


_pool = Pooling()


@twin(reference.conv2d_fused_forward)
def conv2d_fused_forward(
    y,
    index,
    x,
    w,
    b,
    gamma,
    beta,
    running_mean,
    running_variance,
    epsilon,
    slope,
    pool,
    strides,
    padding,
    dilation,
    groups,
    *,
    tf32=False,
):
    scale, shift = _folded(b, gamma, beta, running_mean, running_variance, epsilon)
    n, p, q, channels = y.shape
    z = scratch("convolved", n, 2 * p, 2 * q, channels) if pool else y
    fused_forward(z, x, w, Ending(scale, shift, slope), strides, padding, dilation, groups, tf32)
    if pool:
        _pool(y, index, z, ())


@Kernel
def _spread(dx, dy, index, y, slope, shape):
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        at, place = pair_of(i, shape)
        gradient = np.float32(0)
        if at >= 0 and index[at] == place:
            gradient = masked(dy[at], y[at], slope)
        dx[i] = gradient


@twin(reference.rectified_pool_backward)
def rectified_pool_backward(dx, dy, index, y, slope):
    _spread.over(dx.size, *flat(dx, dy, index, y), FLOAT(slope), dx.shape[1:])
