"""Activations in pieces, by definition: lines, steps and exponentials that meet; in place too."""

import numpy as np

from ..contract import kernel
from ..formulas import SELU_ALPHA, SELU_SCALE
from .arrays import Array


@kernel(y="...", x="...")
def relu_forward(y: Array, x: Array) -> None:
    """y = max(x, 0)."""
    y[...] = np.maximum(x, 0.0)


@kernel(dx="...", dy="...", y="...")
def relu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy where y > 0, else 0."""
    dx[...] = np.where(y <= 0.0, 0.0, dy)


@kernel(y="...", x="...")
def clipped_relu_forward(
    y: Array, x: Array, max_value: float, negative_slope: float, threshold: float
) -> None:
    """y = max_value from there on, negative_slope (x - threshold) up to threshold, else x."""
    low = np.where(x <= threshold, negative_slope * (x - threshold), x)
    y[...] = np.where(x >= max_value, max_value, low)


@kernel(dx="...", dy="...", x="...")
def clipped_relu_backward(
    dx: Array, dy: Array, x: Array, max_value: float, negative_slope: float, threshold: float
) -> None:
    """dx = 0 where x >= max_value, negative_slope dy where x <= threshold, else dy."""
    low = np.where(x <= threshold, negative_slope * dy, dy)
    dx[...] = np.where(x >= max_value, 0.0, low)


@kernel(y="...", x="...")
def leaky_relu_forward(y: Array, x: Array, negative_slope: float) -> None:
    """y = x, or negative_slope x below zero; 0 < negative_slope < 1."""
    y[...] = np.where(x < 0.0, negative_slope * x, x)


@kernel(dx="...", dy="...", y="...")
def leaky_relu_backward(dx: Array, dy: Array, y: Array, negative_slope: float) -> None:
    """dx = dy, or negative_slope dy where y <= 0."""
    dx[...] = np.where(y <= 0.0, negative_slope * dy, dy)


@kernel(y="...", x="...")
def elu_forward(y: Array, x: Array, alpha: float) -> None:
    """y = x, or alpha (exp(x) - 1) below zero (Clevert et al. 2016, eq. 15)."""
    y[...] = np.where(x < 0.0, alpha * np.expm1(np.minimum(x, 0.0)), x)


@kernel(dx="...", dy="...", y="...")
def elu_backward(dx: Array, dy: Array, y: Array, alpha: float) -> None:
    """dx = dy, or dy (y + alpha) where y <= 0."""
    dx[...] = np.where(y <= 0.0, dy * (y + alpha), dy)


@kernel(y="...", x="...")
def selu_forward(y: Array, x: Array) -> None:
    """y = SELU_SCALE times (x, or SELU_ALPHA (exp(x) - 1) below zero): Klambauer 2017, eq. 2."""
    low = SELU_ALPHA * np.expm1(np.minimum(x, 0.0))
    y[...] = SELU_SCALE * np.where(x < 0.0, low, x)


@kernel(dx="...", dy="...", y="...")
def selu_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = SELU_SCALE dy, or dy (y + SELU_SCALE SELU_ALPHA) where y <= 0."""
    dx[...] = dy * np.where(y <= 0.0, y + SELU_SCALE * SELU_ALPHA, SELU_SCALE)


@kernel(y="...", x="...")
def step_forward(y: Array, x: Array) -> None:
    """y = 1 where x > 0, else 0 (Heaviside)."""
    y[...] = np.heaviside(x, 0.0)


@kernel(dx="...", dy="...", y="...")
def step_backward(dx: Array, dy: Array, y: Array) -> None:  # noqa: ARG001 (as all others)
    """dx = 0 dy: a step is level but for one point, where it has no gradient."""
    dx[...] = 0.0 * dy


@kernel(y="...", x="...")
def hard_sigmoid_forward(y: Array, x: Array) -> None:
    """y = x / 6 + 1 / 2, kept within 0 and 1."""
    y[...] = np.clip(x / 6.0 + 0.5, 0.0, 1.0)


@kernel(dx="...", dy="...", y="...")
def hard_sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy / 6 where 0 < y < 1, else 0."""
    dx[...] = np.where((y <= 0.0) | (y >= 1.0), 0.0, dy / 6.0)


@kernel(y="... f", x="... f", alpha="f")
def prelu_forward(y: Array, x: Array, alpha: Array) -> None:
    """y = x, or alpha x below zero, alpha (f,) for the last axis (He et al. 2015, eq. 1)."""
    y[...] = np.where(x < 0.0, alpha * x, x)


@kernel(dx="... f", dalpha="f?", dy="... f", x="... f", alpha="f")
def prelu_backward(dx: Array, dalpha: Array | None, dy: Array, x: Array, alpha: Array) -> None:
    """dx = dy, or alpha dy where x <= 0; dalpha (f,) += sums of dy x there (He et al. 2015, eq. 3).

    A dalpha of None is not computed.
    """
    if dalpha is not None:
        dalpha += (dy * np.where(x > 0.0, 0.0, x)).reshape(-1, dalpha.size).sum(axis=0)
    dx[...] = np.where(x <= 0.0, alpha * dy, dy)
