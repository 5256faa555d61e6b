"""Further activations of one number, by Keras 3's names: hard, shrinking and bent ones.

As in formulas.py, constants are float32, and comparisons let NaN pass.
"""

import math

import numpy as np

from .elementary import HALF, ONE, ZERO, exp, expm1_below_zero
from .formulas import Number, hard_sigmoid, sigmoid, softplus, tanh

_QUARTER, _THREE = np.float32(0.25), np.float32(3)


def celu(x: Number, alpha: Number) -> Number:
    """x, or alpha (exp(x / alpha) - 1) below zero (Barron 2017, eq. 2)."""
    return alpha * expm1_below_zero(x / alpha) if x < ZERO else x


def celu_gradient(dy: Number, x: Number, alpha: Number) -> Number:
    """Gradient of celu, from its input x."""
    return dy * exp(x / alpha) if x < ZERO else dy


def hard_silu(x: Number) -> Number:
    """x hard_sigmoid(x) (Howard et al. 2019, section 5.2)."""
    return x * hard_sigmoid(x)


def hard_silu_gradient(dy: Number, x: Number) -> Number:
    """Gradient of hard_silu, from its input x."""
    inside = dy * (x / _THREE + HALF)
    return ZERO * dy if x <= -_THREE else (dy if x >= _THREE else inside)


def hard_tanh(x: Number) -> Number:
    """x kept within -1 and 1."""
    return -ONE if x < -ONE else (ONE if x > ONE else x)


def hard_tanh_gradient(dy: Number, x: Number) -> Number:
    """Gradient of hard_tanh, from its input x."""
    return ZERO * dy if x <= -ONE or x >= ONE else dy


def hard_shrink(x: Number, threshold: Number) -> Number:
    """x, or 0 where |x| is at most the threshold."""
    return ZERO * x if abs(x) <= threshold else x


def hard_shrink_gradient(dy: Number, x: Number, threshold: Number) -> Number:
    """Gradient of hard_shrink, from its input x."""
    return ZERO * dy if abs(x) <= threshold else dy


def soft_shrink(x: Number, threshold: Number) -> Number:
    """x drawn to 0 by the threshold."""
    return x - threshold if x > threshold else (x + threshold if x < -threshold else ZERO * x)


def soft_shrink_gradient(dy: Number, x: Number, threshold: Number) -> Number:
    """Gradient of soft_shrink, from its input x."""
    return ZERO * dy if abs(x) <= threshold else dy


def tanh_shrink(x: Number) -> Number:
    """x - tanh(x)."""
    return x - tanh(x)


def tanh_shrink_gradient(dy: Number, x: Number) -> Number:
    """Gradient of tanh_shrink, from its input x."""
    t = tanh(x)
    return dy * (t * t)


def threshold_at(x: Number, threshold: Number, default: Number) -> Number:
    """x above the threshold, else the default."""
    return default if x <= threshold else x


def threshold_at_gradient(dy: Number, x: Number, threshold: Number, default: Number) -> Number:
    """Gradient of threshold_at, from its input x."""
    return ZERO * dy * default if x <= threshold else dy


def log_sigmoid(x: Number) -> Number:
    """log(sigmoid(x)), without overflow."""
    return -softplus(-x)


def log_sigmoid_gradient(dy: Number, x: Number) -> Number:
    """Gradient of log_sigmoid, from its input x."""
    return dy * sigmoid(-x)


def sparse_plus(x: Number) -> Number:
    """0 up to -1, (x + 1)^2 / 4 up to 1, x beyond."""
    middle = _QUARTER * (x + ONE) * (x + ONE)
    return ZERO if x <= -ONE else (x if x >= ONE else middle)


def sparse_plus_gradient(dy: Number, x: Number) -> Number:
    """Gradient of sparse_plus, from its input x."""
    return ZERO * dy if x <= -ONE else (dy if x >= ONE else dy * (HALF * (x + ONE)))


def sparse_sigmoid(x: Number) -> Number:
    """(x + 1) / 2 kept within 0 and 1."""
    return ZERO if x <= -ONE else (ONE if x >= ONE else HALF * (x + ONE))


def sparse_sigmoid_gradient(dy: Number, x: Number) -> Number:
    """Gradient of sparse_sigmoid, from its input x."""
    return ZERO * dy if x <= -ONE or x >= ONE else HALF * dy


def squareplus(x: Number, b: Number) -> Number:
    """(x + sqrt(x^2 + b)) / 2, without cancellation (Barron 2021, eq. 1)."""
    root = math.sqrt(x * x + b)
    return HALF * (x + root) if x >= ZERO else HALF * b / (root - x)


def squareplus_gradient(dy: Number, x: Number, b: Number) -> Number:
    """Gradient of squareplus, from its input x."""
    root = math.sqrt(x * x + b)
    return dy * (HALF * (ONE + x / root) if x >= ZERO else HALF * (b / (root - x)) / root)
