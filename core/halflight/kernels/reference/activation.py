"""Smooth activations, by definition; in place too."""

import math

import numpy as np

from ..contract import kernel
from ..formulas import GELU_CUBIC, GELU_FACTOR
from .arrays import Array


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e)


def _normal_cdf(x: Array) -> Array:
    erf = [math.erf(value) for value in (x / math.sqrt(2.0)).flat]
    return 0.5 * (1.0 + np.array(erf, x.dtype).reshape(x.shape))


@kernel(y="...", x="...")
def gaussian_forward(y: Array, x: Array) -> None:
    """y = exp(-x^2)."""
    y[...] = np.exp(-x * x)


@kernel(dx="...", dy="...", x="...")
def gaussian_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = -2 x exp(-x^2) dy: takes the input x, not the output."""
    dx[...] = dy * (-2.0 * x * np.exp(-x * x))


@kernel(y="...", x="...")
def exponential_forward(y: Array, x: Array) -> None:
    """y = exp(x)."""
    y[...] = np.exp(x)


@kernel(dx="...", dy="...", y="...")
def exponential_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y."""
    dx[...] = dy * y


@kernel(y="...", x="...")
def sigmoid_forward(y: Array, x: Array) -> None:
    """y = 1 / (1 + exp(-x))."""
    y[...] = _sigmoid(x)


@kernel(dx="...", dy="...", y="...")
def sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y (1 - y)."""
    dx[...] = dy * y * (1.0 - y)


@kernel(y="...", x="...")
def tanh_forward(y: Array, x: Array) -> None:
    """y = tanh(x)."""
    y[...] = np.tanh(x)


@kernel(dx="...", dy="...", y="...")
def tanh_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - y^2)."""
    dx[...] = dy * (1.0 - y * y)


@kernel(y="...", x="...")
def softplus_forward(y: Array, x: Array) -> None:
    """y = log(1 + exp(x))."""
    y[...] = np.logaddexp(0.0, x)


@kernel(dx="...", dy="...", x="...")
def softplus_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy sigmoid(x): takes the input x, not the output."""
    dx[...] = dy * _sigmoid(x)


@kernel(y="...", x="...")
def silu_forward(y: Array, x: Array) -> None:
    """y = x sigmoid(x) (Elfwing et al. 2018, eq. 6)."""
    y[...] = x * _sigmoid(x)


@kernel(dx="...", dy="...", x="...")
def silu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (s + x s (1 - s)), s = sigmoid(x): takes the input x, not the output."""
    s = _sigmoid(x)
    dx[...] = dy * (s + x * s * (1.0 - s))


@kernel(y="...", x="...")
def gelu_forward(y: Array, x: Array) -> None:
    """y = x P(normal < x) = x (1 + erf(x / sqrt 2)) / 2 (Hendrycks & Gimpel 2016, section 2)."""
    y[...] = x * _normal_cdf(x)


@kernel(dx="...", dy="...", x="...")
def gelu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (P(normal < x) + x exp(-x^2 / 2) / sqrt(2 pi)): takes the input x."""
    density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    dx[...] = dy * (_normal_cdf(x) + x * density)


@kernel(y="...", x="...")
def gelu_tanh_forward(y: Array, x: Array) -> None:
    """y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (the same, approximated)."""
    y[...] = 0.5 * x * (1.0 + np.tanh(GELU_FACTOR * (x + GELU_CUBIC * x * x * x)))


@kernel(dx="...", dy="...", x="...")
def gelu_tanh_backward(dx: Array, dy: Array, x: Array) -> None:
    """Gradient of gelu_tanh_forward by the product rule: takes the input x."""
    t = np.tanh(GELU_FACTOR * (x + GELU_CUBIC * x * x * x))
    slope = GELU_FACTOR * (1.0 + 3.0 * GELU_CUBIC * x * x)
    dx[...] = dy * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope)


@kernel(y="...", x="...")
def mish_forward(y: Array, x: Array) -> None:
    """y = x tanh(softplus(x)) (Misra 2020, eq. 1)."""
    y[...] = x * np.tanh(np.logaddexp(0.0, x))


@kernel(dx="...", dy="...", x="...")
def mish_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (t + x (1 - t^2) sigmoid(x)), t = tanh(softplus(x)): takes the input x."""
    t = np.tanh(np.logaddexp(0.0, x))
    dx[...] = dy * (t + x * (1.0 - t * t) * _sigmoid(x))


@kernel(y="...", x="...")
def softsign_forward(y: Array, x: Array) -> None:
    """y = x / (1 + |x|)."""
    y[...] = x / (1.0 + np.abs(x))


@kernel(dx="...", dy="...", y="...")
def softsign_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - |y|)^2."""
    dx[...] = dy * np.square(1.0 - np.abs(y))
