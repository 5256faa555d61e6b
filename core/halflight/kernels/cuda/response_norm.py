"""Local response normalisation (Krizhevsky et al. 2012, section 3.3) in TensorFlow's form."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import response_norm as reference
from .arrays import FLOAT, channels_of, flat
from .machine.compiler import Kernel
from .machine.scratch import scratch


def _squares(x, i, channels, radius):
    """The sum of x^2 over the channels at most `radius` away."""
    c = i % channels
    total = np.float32(0)
    for j in range(i - min(radius, c), i + min(radius, channels - 1 - c) + 1):
        total += x[j] * x[j]
    return total


@Kernel
def _forward(y, x, channels, radius, bias, alpha, beta):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i] * (bias + alpha * _squares(x, i, channels, radius)) ** -beta


@twin(reference.local_response_norm_forward)
def local_response_norm_forward(y, x, depth_radius, bias, alpha, beta):
    scalars = FLOAT(bias), FLOAT(alpha), FLOAT(beta)
    _forward.over(y.size, *flat(y, x), channels_of(x), depth_radius, *scalars)


@Kernel
def _share(dx, share, dy, x, channels, radius, bias, alpha, beta):
    """dx = dy / D^beta, and share = dy x / D^(beta + 1)."""
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        base = bias + alpha * _squares(x, i, channels, radius)
        scaled = dy[i] * base**-beta
        dx[i] = scaled
        share[i] = scaled / base * x[i]


@Kernel
def _subtract_shares(dx, share, x, channels, radius, factor):
    """dx -= factor x sum of the neighbours' shares."""
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        c = i % channels
        total = np.float32(0)
        for j in range(i - min(radius, c), i + min(radius, channels - 1 - c) + 1):
            total += share[j]
        dx[i] -= factor * x[i] * total


@twin(reference.local_response_norm_backward)
def local_response_norm_backward(dx, dy, x, depth_radius, bias, alpha, beta):
    channels, share = channels_of(x), scratch("response norm", x.size)
    dx, dy, x = flat(dx, dy, x)
    scalars = FLOAT(bias), FLOAT(alpha), FLOAT(beta)
    _share.over(dx.size, dx, share, dy, x, channels, depth_radius, *scalars)
    factor = FLOAT(2.0 * alpha * beta)
    _subtract_shares.over(dx.size, dx, share, x, channels, depth_radius, factor)
