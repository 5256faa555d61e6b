"""Activations in pieces: lines, steps and exponentials that meet; in place too."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .maps import mapped
from .scratch import scratch

__all__ = [
    "clipped_relu_backward",
    "clipped_relu_forward",
    "elu_backward",
    "elu_forward",
    "hard_sigmoid_backward",
    "hard_sigmoid_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "prelu_backward",
    "prelu_forward",
    "relu_backward",
    "relu_forward",
    "selu_backward",
    "selu_forward",
    "step_backward",
    "step_forward",
]

CHUNK = 256  # rows of one task, and of one float32 sum
_ZERO = FLOAT(0)

_relu = mapped(formulas.relu)
_relu_gradient = mapped(formulas.relu_gradient)
_clipped_relu = mapped(formulas.clipped_relu)
_clipped_relu_gradient = mapped(formulas.clipped_relu_gradient)
_leaky_relu = mapped(formulas.leaky_relu)
_leaky_relu_gradient = mapped(formulas.leaky_relu_gradient)
_elu = mapped(formulas.elu)
_elu_gradient = mapped(formulas.elu_gradient)
_selu = mapped(formulas.selu)
_selu_gradient = mapped(formulas.selu_gradient)
_step = mapped(formulas.step)
_step_gradient = mapped(formulas.step_gradient)
_hard_sigmoid = mapped(formulas.hard_sigmoid)
_hard_sigmoid_gradient = mapped(formulas.hard_sigmoid_gradient)


@checked(FLOAT)
def relu_forward(y: Array, x: Array) -> None:
    """y = max(x, 0)."""
    _relu(y, x)


@checked(FLOAT)
def relu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy where y > 0, else 0."""
    _relu_gradient(dx, dy, y)


@checked(FLOAT)
def clipped_relu_forward(
    y: Array, x: Array, max_value: float, negative_slope: float, threshold: float
) -> None:
    """y = max_value from there on, negative_slope (x - threshold) below threshold, else x."""
    _clipped_relu(y, x, max_value, negative_slope, threshold)


@checked(FLOAT)
def clipped_relu_backward(
    dx: Array, dy: Array, x: Array, max_value: float, negative_slope: float, threshold: float
) -> None:
    """dx = 0 where x >= max_value, negative_slope dy where x <= threshold, else dy."""
    _clipped_relu_gradient(dx, dy, x, max_value, negative_slope, threshold)


@checked(FLOAT)
def leaky_relu_forward(y: Array, x: Array, negative_slope: float) -> None:
    """y = x, or negative_slope x below zero; 0 < negative_slope < 1."""
    _leaky_relu(y, x, negative_slope)


@checked(FLOAT)
def leaky_relu_backward(dx: Array, dy: Array, y: Array, negative_slope: float) -> None:
    """dx = dy, or negative_slope dy where y <= 0."""
    _leaky_relu_gradient(dx, dy, y, negative_slope)


@checked(FLOAT)
def elu_forward(y: Array, x: Array, alpha: float) -> None:
    """y = x, or alpha (exp(x) - 1) below zero (Clevert et al. 2016, eq. 15)."""
    _elu(y, x, alpha)


@checked(FLOAT)
def elu_backward(dx: Array, dy: Array, y: Array, alpha: float) -> None:
    """dx = dy, or dy (y + alpha) where y <= 0."""
    _elu_gradient(dx, dy, y, alpha)


@checked(FLOAT)
def selu_forward(y: Array, x: Array) -> None:
    """y = SELU_SCALE times (x, or SELU_ALPHA (exp(x) - 1) below zero): Klambauer 2017, eq. 2."""
    _selu(y, x)


@checked(FLOAT)
def selu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = SELU_SCALE dy, or dy (y + SELU_SCALE SELU_ALPHA) where y <= 0."""
    _selu_gradient(dx, dy, y)


@checked(FLOAT)
def step_forward(y: Array, x: Array) -> None:
    """y = 1 where x > 0, else 0 (Heaviside)."""
    _step(y, x)


@checked(FLOAT)
def step_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = 0 dy: a step is level but for one point, where it has no gradient."""
    _step_gradient(dx, dy, y)


@checked(FLOAT)
def hard_sigmoid_forward(y: Array, x: Array) -> None:
    """y = x / 6 + 1 / 2, kept within 0 and 1."""
    _hard_sigmoid(y, x)


@checked(FLOAT)
def hard_sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy / 6 where 0 < y < 1, else 0."""
    _hard_sigmoid_gradient(dx, dy, y)


@compiled()
def _prelu_rows(y, x, alpha):  # type: ignore
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[row, c] = alpha[c] * x[row, c] if x[row, c] < _ZERO else x[row, c]


@compiled(parallel=True)
def _prelu(y, x, alpha):  # type: ignore
    for k in prange((x.shape[0] + CHUNK - 1) // CHUNK):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _prelu_rows(y[rows], x[rows], alpha)


@checked(FLOAT)
def prelu_forward(y: Array, x: Array, alpha: Array) -> None:
    """y = x, or alpha x below zero, alpha (f,) for the last axis (He et al. 2015, eq. 1)."""
    _prelu(y.reshape(-1, alpha.size), x.reshape(-1, alpha.size), alpha)


@compiled()
def _prelu_gradient_rows(dx, total, dy, x, alpha):  # type: ignore
    total[:] = _ZERO
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            total[c] += dy[row, c] * (_ZERO if x[row, c] > _ZERO else x[row, c])
            dx[row, c] = alpha[c] * dy[row, c] if x[row, c] <= _ZERO else dy[row, c]


@compiled(parallel=True)
def _prelu_gradient(dx, totals, dy, x, alpha):  # type: ignore
    for k in prange(len(totals)):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _prelu_gradient_rows(dx[rows], totals[k], dy[rows], x[rows], alpha)


@checked(FLOAT)
def prelu_backward(dx: Array, dalpha: Array | None, dy: Array, x: Array, alpha: Array) -> None:
    """dx = dy, or alpha dy where x <= 0; dalpha (f,) += sums of dy x there (He et al. 2015, eq. 3).

    A dalpha of None is not computed.
    """
    dx, dy, x = (array.reshape(-1, alpha.size) for array in (dx, dy, x))
    totals = scratch("prelu", -(-len(x) // CHUNK), alpha.size)
    _prelu_gradient(dx, totals, dy, x, alpha)
    if dalpha is not None:
        dalpha += totals.sum(axis=0, dtype=np.float64).astype(FLOAT)
