"""Local response normalisation (Krizhevsky et al. 2012, section 3.3) in TensorFlow's form."""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import response_norm as reference
from .arrays import FLOAT, Array
from .machine.compiler import compiled
from .machine.scratch import scratch


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled()
def _neighbours(total, a, b, radius):
    """total = sum of a b over the channels at most `radius` away."""
    channels = a.size
    total[:] = np.float32(0)
    for shift in range(-min(radius, channels - 1), min(radius, channels - 1) + 1):
        for c in range(max(0, -shift), min(channels, channels - shift)):
            total[c] += a[c + shift] * b[c + shift]


@compiled()
def _forward_row(y, x, radius, bias, alpha, beta):
    _neighbours(y, x, x, radius)
    for c in range(x.size):
        y[c] = x[c] * (bias + alpha * y[c]) ** -beta


@compiled(parallel=True)
def _forward(y, x, radius, bias, alpha, beta):
    for row in prange(len(x)):
        _forward_row(y[row], x[row], radius, bias, alpha, beta)


@twin(reference.local_response_norm_forward)
def local_response_norm_forward(y, x, depth_radius, bias, alpha, beta):
    _forward(_rows(y), _rows(x), depth_radius, FLOAT(bias), FLOAT(alpha), FLOAT(beta))


@compiled()
def _backward_row(dx, share, power, dy, x, radius, bias, alpha, beta):
    """share and power hold dy / D^(beta + 1) and 1 / D^beta."""
    _neighbours(dx, x, x, radius)
    for c in range(x.size):
        base = bias + alpha * dx[c]
        power[c] = base**-beta
        share[c] = dy[c] * power[c] / base
    _neighbours(dx, share, x, radius)
    factor = (alpha + alpha) * beta
    for c in range(x.size):
        dx[c] = dy[c] * power[c] - factor * x[c] * dx[c]


@compiled(parallel=True)
def _backward(dx, share, power, dy, x, radius, bias, alpha, beta):
    for row in prange(len(x)):
        _backward_row(dx[row], share[row], power[row], dy[row], x[row], radius, bias, alpha, beta)


@twin(reference.local_response_norm_backward)
def local_response_norm_backward(dx, dy, x, depth_radius, bias, alpha, beta):
    x = _rows(x)
    share, power = (scratch(f"response norm {part}", *x.shape) for part in ("share", "power"))
    scalars = FLOAT(bias), FLOAT(alpha), FLOAT(beta)
    _backward(_rows(dx), share, power, _rows(dy), x, depth_radius, *scalars)
