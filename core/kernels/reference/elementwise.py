"""Activations, by definition; in place too."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

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


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e)


@checked(FLOAT)
def relu_forward(y: Array, x: Array) -> None:
    """y = max(x, 0)."""
    y[...] = np.maximum(x, 0.0)


@checked(FLOAT)
def relu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy where y > 0, else 0."""
    dx[...] = np.where(y <= 0.0, 0.0, dy)


@checked(FLOAT)
def leaky_relu_forward(y: Array, x: Array, negative_slope: float) -> None:
    """y = x, or negative_slope x below zero; 0 < negative_slope < 1."""
    y[...] = np.where(x < 0.0, negative_slope * x, x)


@checked(FLOAT)
def leaky_relu_backward(dx: Array, dy: Array, y: Array, negative_slope: float) -> None:
    """dx = dy, or negative_slope dy where y <= 0."""
    dx[...] = np.where(y <= 0.0, negative_slope * dy, dy)


@checked(FLOAT)
def elu_forward(y: Array, x: Array, alpha: float) -> None:
    """y = x, or alpha (exp(x) - 1) below zero (Clevert et al. 2016, eq. 15)."""
    y[...] = np.where(x < 0.0, alpha * np.expm1(np.minimum(x, 0.0)), x)


@checked(FLOAT)
def elu_backward(dx: Array, dy: Array, y: Array, alpha: float) -> None:
    """dx = dy, or dy (y + alpha) where y <= 0."""
    dx[...] = np.where(y <= 0.0, dy * (y + alpha), dy)


@checked(FLOAT)
def sigmoid_forward(y: Array, x: Array) -> None:
    """y = 1 / (1 + exp(-x))."""
    y[...] = _sigmoid(x)


@checked(FLOAT)
def sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y (1 - y)."""
    dx[...] = dy * y * (1.0 - y)


@checked(FLOAT)
def tanh_forward(y: Array, x: Array) -> None:
    """y = tanh(x)."""
    y[...] = np.tanh(x)


@checked(FLOAT)
def tanh_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - y^2)."""
    dx[...] = dy * (1.0 - y * y)


@checked(FLOAT)
def softplus_forward(y: Array, x: Array) -> None:
    """y = log(1 + exp(x))."""
    y[...] = np.logaddexp(0.0, x)


@checked(FLOAT)
def softplus_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy sigmoid(x): takes the input x, not the output."""
    dx[...] = dy * _sigmoid(x)


@checked(FLOAT)
def silu_forward(y: Array, x: Array) -> None:
    """y = x sigmoid(x) (Elfwing et al. 2018, eq. 6)."""
    y[...] = x * _sigmoid(x)


@checked(FLOAT)
def silu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (s + x s (1 - s)), s = sigmoid(x): takes the input x, not the output."""
    s = _sigmoid(x)
    dx[...] = dy * (s + x * s * (1.0 - s))
