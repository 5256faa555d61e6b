"""Activations; in place too."""

import math

from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "elu_backward",
    "elu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softplus_backward",
    "softplus_forward",
    "tanh_backward",
    "tanh_forward",
]

_relu = compiled()(formulas.relu)
_relu_gradient = compiled()(formulas.relu_gradient)
_leaky_relu = compiled()(formulas.leaky_relu)
_leaky_relu_gradient = compiled()(formulas.leaky_relu_gradient)
_elu = compiled()(formulas.elu)
_elu_gradient = compiled()(formulas.elu_gradient)
_sigmoid = compiled()(formulas.sigmoid)
_sigmoid_gradient = compiled()(formulas.sigmoid_gradient)
_tanh_gradient = compiled()(formulas.tanh_gradient)
_softplus = compiled()(formulas.softplus)
_softplus_gradient = compiled()(formulas.softplus_gradient)
_silu = compiled()(formulas.silu)
_silu_gradient = compiled()(formulas.silu_gradient)


@compiled(parallel=True)
def _relu_forward(y, x):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _relu(x[i])


@checked(FLOAT)
def relu_forward(y: Array, x: Array) -> None:
    """y = max(x, 0)."""
    _relu_forward(y.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _relu_backward(dx, dy, y):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _relu_gradient(dy[i], y[i])


@checked(FLOAT)
def relu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy where y > 0, else 0."""
    _relu_backward(dx.reshape(-1), dy.reshape(-1), y.reshape(-1))


@compiled(parallel=True)
def _leaky_relu_forward(y, x, negative_slope):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _leaky_relu(x[i], negative_slope)


@checked(FLOAT)
def leaky_relu_forward(y: Array, x: Array, negative_slope: float) -> None:
    """y = x, or negative_slope x below zero; 0 < negative_slope < 1."""
    _leaky_relu_forward(y.reshape(-1), x.reshape(-1), FLOAT(negative_slope))


@compiled(parallel=True)
def _leaky_relu_backward(dx, dy, y, negative_slope):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _leaky_relu_gradient(dy[i], y[i], negative_slope)


@checked(FLOAT)
def leaky_relu_backward(dx: Array, dy: Array, y: Array, negative_slope: float) -> None:
    """dx = dy, or negative_slope dy where y <= 0."""
    _leaky_relu_backward(dx.reshape(-1), dy.reshape(-1), y.reshape(-1), FLOAT(negative_slope))


@compiled(parallel=True)
def _elu_forward(y, x, alpha):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _elu(x[i], alpha)


@checked(FLOAT)
def elu_forward(y: Array, x: Array, alpha: float) -> None:
    """y = x, or alpha (exp(x) - 1) below zero."""
    _elu_forward(y.reshape(-1), x.reshape(-1), FLOAT(alpha))


@compiled(parallel=True)
def _elu_backward(dx, dy, y, alpha):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _elu_gradient(dy[i], y[i], alpha)


@checked(FLOAT)
def elu_backward(dx: Array, dy: Array, y: Array, alpha: float) -> None:
    """dx = dy, or dy (y + alpha) where y <= 0."""
    _elu_backward(dx.reshape(-1), dy.reshape(-1), y.reshape(-1), FLOAT(alpha))


@compiled(parallel=True)
def _sigmoid_forward(y, x):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _sigmoid(x[i])


@checked(FLOAT)
def sigmoid_forward(y: Array, x: Array) -> None:
    """y = 1 / (1 + exp(-x))."""
    _sigmoid_forward(y.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _sigmoid_backward(dx, dy, y):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _sigmoid_gradient(dy[i], y[i])


@checked(FLOAT)
def sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y (1 - y)."""
    _sigmoid_backward(dx.reshape(-1), dy.reshape(-1), y.reshape(-1))


@compiled(parallel=True)
def _tanh_forward(y, x):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = math.tanh(x[i])


@checked(FLOAT)
def tanh_forward(y: Array, x: Array) -> None:
    """y = tanh(x)."""
    _tanh_forward(y.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _tanh_backward(dx, dy, y):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _tanh_gradient(dy[i], y[i])


@checked(FLOAT)
def tanh_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - y^2)."""
    _tanh_backward(dx.reshape(-1), dy.reshape(-1), y.reshape(-1))


@compiled(parallel=True)
def _softplus_forward(y, x):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _softplus(x[i])


@checked(FLOAT)
def softplus_forward(y: Array, x: Array) -> None:
    """y = log(1 + exp(x))."""
    _softplus_forward(y.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _softplus_backward(dx, dy, x):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _softplus_gradient(dy[i], x[i])


@checked(FLOAT)
def softplus_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy sigmoid(x): takes the input x, not the output."""
    _softplus_backward(dx.reshape(-1), dy.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _silu_forward(y, x):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _silu(x[i])


@checked(FLOAT)
def silu_forward(y: Array, x: Array) -> None:
    """y = x sigmoid(x)."""
    _silu_forward(y.reshape(-1), x.reshape(-1))


@compiled(parallel=True)
def _silu_backward(dx, dy, x):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            dx[i] = _silu_gradient(dy[i], x[i])


@checked(FLOAT)
def silu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (s + x s (1 - s)), s = sigmoid(x): takes the input x, not the output."""
    _silu_backward(dx.reshape(-1), dy.reshape(-1), x.reshape(-1))
