"""Further activations of Keras 3, by definition: hard, shrinking and bent ones; in place too."""

import numpy as np

from ..contract import kernel
from .arrays import Array


def _squareplus(x: Array, b: float) -> Array:
    root = np.sqrt(x * x + b)
    return 0.5 * np.where(x < 0.0, b / (root - np.minimum(x, 0.0)), x + root)


@kernel(y="...", x="...")
def celu_forward(y: Array, x: Array, alpha: float) -> None:
    """y = x, or alpha (exp(x / alpha) - 1) below zero (Barron 2017, eq. 2)."""
    y[...] = np.where(x < 0.0, alpha * np.expm1(np.minimum(x, 0.0) / alpha), x)


@kernel(dx="...", dy="...", x="...")
def celu_backward(dx: Array, dy: Array, x: Array, alpha: float) -> None:
    """dx = dy times the slope of celu_forward at its input x."""
    dx[...] = dy * (np.where(x < 0.0, np.exp(np.minimum(x, 0.0) / alpha), 1.0))


@kernel(y="...", x="...")
def hard_silu_forward(y: Array, x: Array) -> None:
    """y = x hard_sigmoid(x) (Howard et al. 2019, section 5.2)."""
    y[...] = x * np.clip(x / 6.0 + 0.5, 0.0, 1.0)


@kernel(dx="...", dy="...", x="...")
def hard_silu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of hard_silu_forward at its input x."""
    dx[...] = dy * (np.where(x <= -3.0, 0.0, np.where(x >= 3.0, 1.0, x / 3.0 + 0.5)))


@kernel(y="...", x="...")
def hard_tanh_forward(y: Array, x: Array) -> None:
    """y = x kept within -1 and 1."""
    y[...] = np.clip(x, -1.0, 1.0)


@kernel(dx="...", dy="...", x="...")
def hard_tanh_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of hard_tanh_forward at its input x."""
    dx[...] = dy * (np.where((x <= -1.0) | (x >= 1.0), 0.0, 1.0))


@kernel(y="...", x="...")
def hard_shrink_forward(y: Array, x: Array, threshold: float) -> None:
    """y = x, or 0 where |x| is at most the threshold."""
    y[...] = np.where(np.abs(x) <= threshold, 0.0, x)


@kernel(dx="...", dy="...", x="...")
def hard_shrink_backward(dx: Array, dy: Array, x: Array, threshold: float) -> None:
    """dx = dy times the slope of hard_shrink_forward at its input x."""
    dx[...] = dy * (np.where(np.abs(x) <= threshold, 0.0, 1.0))


@kernel(y="...", x="...")
def soft_shrink_forward(y: Array, x: Array, threshold: float) -> None:
    """y = x drawn to 0 by the threshold."""
    y[...] = x - np.clip(x, -threshold, threshold)


@kernel(dx="...", dy="...", x="...")
def soft_shrink_backward(dx: Array, dy: Array, x: Array, threshold: float) -> None:
    """dx = dy times the slope of soft_shrink_forward at its input x."""
    dx[...] = dy * (np.where(np.abs(x) <= threshold, 0.0, 1.0))


@kernel(y="...", x="...")
def tanh_shrink_forward(y: Array, x: Array) -> None:
    """y = x - tanh(x)."""
    y[...] = x - np.tanh(x)


@kernel(dx="...", dy="...", x="...")
def tanh_shrink_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of tanh_shrink_forward at its input x."""
    dx[...] = dy * (np.tanh(x) ** 2)


@kernel(y="...", x="...")
def threshold_at_forward(y: Array, x: Array, threshold: float, default: float) -> None:
    """y = x above the threshold, else the default."""
    y[...] = np.where(x <= threshold, default, x)


@kernel(dx="...", dy="...", x="...")
def threshold_at_backward(
    dx: Array,
    dy: Array,
    x: Array,
    threshold: float,
    default: float,  # noqa: ARG001 (as the formula's other half)
) -> None:
    """dx = dy times the slope of threshold_at_forward at its input x."""
    dx[...] = dy * (np.where(x <= threshold, 0.0, 1.0))


@kernel(y="...", x="...")
def log_sigmoid_forward(y: Array, x: Array) -> None:
    """y = log(sigmoid(x))."""
    y[...] = np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


@kernel(dx="...", dy="...", x="...")
def log_sigmoid_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of log_sigmoid_forward at its input x."""
    dx[...] = dy * (1.0 / (1.0 + np.exp(np.minimum(x, 500.0))))


@kernel(y="...", x="...")
def sparse_plus_forward(y: Array, x: Array) -> None:
    """y = 0 up to -1, (x + 1)^2 / 4 up to 1, x beyond."""
    y[...] = np.where(x <= -1.0, 0.0, np.where(x >= 1.0, x, 0.25 * (x + 1.0) ** 2))


@kernel(dx="...", dy="...", x="...")
def sparse_plus_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of sparse_plus_forward at its input x."""
    dx[...] = dy * (np.where(x <= -1.0, 0.0, np.where(x >= 1.0, 1.0, 0.5 * (x + 1.0))))


@kernel(y="...", x="...")
def sparse_sigmoid_forward(y: Array, x: Array) -> None:
    """y = (x + 1) / 2 kept within 0 and 1."""
    y[...] = np.clip(0.5 * (x + 1.0), 0.0, 1.0)


@kernel(dx="...", dy="...", x="...")
def sparse_sigmoid_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy times the slope of sparse_sigmoid_forward at its input x."""
    dx[...] = dy * (np.where((x <= -1.0) | (x >= 1.0), 0.0, 0.5))


@kernel(y="...", x="...")
def squareplus_forward(y: Array, x: Array, b: float) -> None:
    """y = (x + sqrt(x^2 + b)) / 2 (Barron 2021, eq. 1), without cancellation."""
    y[...] = _squareplus(x, b)


@kernel(dx="...", dy="...", x="...")
def squareplus_backward(dx: Array, dy: Array, x: Array, b: float) -> None:
    """dx = dy times the slope of squareplus_forward at its input x."""
    dx[...] = dy * (_squareplus(x, b) / np.sqrt(x * x + b))
