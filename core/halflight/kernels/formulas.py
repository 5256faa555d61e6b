"""Formulas of one number, written once and compiled by every compiled back end.

Constants are float32, so a float32 argument is never promoted to float64 (a bare `1.0` would do
that in Numba). Comparisons are written so that NaN passes through. A formula may call another:
`compiled` of each back end compiles what it calls along with it.
"""

import math
from typing import Any

import numpy as np

from .elementary import (
    HALF,
    ONE,
    TWO,
    ZERO,
    exp,
    expm1_below_zero,
    log1p_of_unit,
    normal_cdf,
    normal_tail_ratio,
)

Number = Any  # a scalar of the back end's FLOAT

# Half of the natural logarithm of 2 pi, the constant of the Gaussian log-likelihood.
HALF_LOG_TWO_PI = 0.9189385332046727
# What Keras adds to a norm before it divides by it (backend.epsilon()).
NORM_EPSILON = 1e-7
# The fixed point of zero mean and unit variance: Klambauer et al. 2017, section 2 (alpha_01,
# lambda_01); more digits from their appendix A1.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
# The approximation of GELU by tanh: Hendrycks & Gimpel 2016, section 2.
GELU_CUBIC = 0.044715
GELU_FACTOR = math.sqrt(2.0 / math.pi)

_SELU_SCALE = np.float32(SELU_SCALE)
_SELU_FLOOR = np.float32(SELU_SCALE * SELU_ALPHA)
_GELU_CUBIC, _GELU_FACTOR = np.float32(GELU_CUBIC), np.float32(GELU_FACTOR)
_THREE, _SIX = np.float32(3), np.float32(6)
_INVERSE_SQRT_TWO_PI = np.float32(1.0 / math.sqrt(2.0 * math.pi))


def relu(x: Number) -> Number:
    """max(x, 0)."""
    return ZERO if x < ZERO else x


def relu_gradient(dy: Number, y: Number) -> Number:
    """Gradient of relu, from its output y."""
    return ZERO if y <= ZERO else dy


def clipped_relu(x: Number, max_value: Number, negative_slope: Number, threshold: Number) -> Number:
    """max_value from there on, negative_slope (x - threshold) up to threshold, x between."""
    low = negative_slope * (x - threshold) if x <= threshold else x
    return max_value if x >= max_value else low


def clipped_relu_gradient(
    dy: Number, x: Number, max_value: Number, negative_slope: Number, threshold: Number
) -> Number:
    """Gradient of clipped_relu, from its input x."""
    low = negative_slope * dy if x <= threshold else dy
    return ZERO if x >= max_value else low


def leaky_relu(x: Number, negative_slope: Number) -> Number:
    """x, or negative_slope x below zero."""
    return negative_slope * x if x < ZERO else x


def leaky_relu_gradient(dy: Number, y: Number, negative_slope: Number) -> Number:
    """Gradient of leaky_relu, from its output y for a positive slope."""
    return negative_slope * dy if y <= ZERO else dy


def rectify(z: Number, slope: Number, floor: Number) -> Number:
    """z where z > 0, else slope max(z, floor); NaN stays."""
    clamped = floor if floor > z else z
    return z if z > ZERO else slope * clamped


def floor_of(slope: float) -> np.float32:
    """The floor that keeps a slope of 0 from making NaN of minus infinity, and changes no other."""
    return np.float32(-np.inf) if slope else np.finfo(np.float32).min


def elu(x: Number, alpha: Number) -> Number:
    """x, or alpha (exp(x) - 1) below zero (Clevert et al. 2016, eq. 15)."""
    return alpha * expm1_below_zero(x) if x < ZERO else x


def elu_gradient(dy: Number, y: Number, alpha: Number) -> Number:
    """Gradient of elu, from its output y (Clevert et al. 2016, eq. 15)."""
    return dy * (y + alpha) if y <= ZERO else dy


def selu(x: Number) -> Number:
    """SELU_SCALE times elu of alpha SELU_ALPHA (Klambauer et al. 2017, eq. 2)."""
    return _SELU_FLOOR * expm1_below_zero(x) if x < ZERO else _SELU_SCALE * x


def selu_gradient(dy: Number, y: Number) -> Number:
    """Gradient of selu, from its output y."""
    return dy * (y + _SELU_FLOOR) if y <= ZERO else dy * _SELU_SCALE


def step(x: Number) -> Number:
    """1 where x > 0, else 0."""
    return ONE if x > ZERO else (ZERO if x <= ZERO else x)


def step_gradient(dy: Number, y: Number) -> Number:  # noqa: ARG001 (as all others)
    """Zero: a step is level but for one point."""
    return ZERO * dy


def hard_sigmoid(x: Number) -> Number:
    """x / 6 + 1 / 2, kept within 0 and 1."""
    x = -_THREE if x < -_THREE else x
    return ((_THREE if x > _THREE else x) + _THREE) / _SIX


def hard_sigmoid_gradient(dy: Number, y: Number) -> Number:
    """Gradient of hard_sigmoid, from its output y."""
    return ZERO if y <= ZERO or y >= ONE else dy / _SIX


def gaussian(x: Number) -> Number:
    """exp(-x^2)."""
    return exp(-x * x)


def gaussian_gradient(dy: Number, x: Number) -> Number:
    """Gradient of gaussian, from its input x."""
    return dy * (-TWO * x * exp(-x * x))


def exponential(x: Number) -> Number:
    """exp(x)."""
    return exp(x)


def exponential_gradient(dy: Number, y: Number) -> Number:
    """Gradient of exponential, from its output y."""
    return dy * y


def sigmoid(x: Number) -> Number:
    """1 / (1 + exp(-x)), without overflow."""
    e = exp(-abs(x))
    return (e if x < ZERO else ONE) / (ONE + e)


def sigmoid_gradient(dy: Number, y: Number) -> Number:
    """Gradient of sigmoid, from its output y."""
    return dy * y * (ONE - y)


def tanh(x: Number) -> Number:
    """Hyperbolic tangent, -t / (2 + t) with t = exp(-2 |x|) - 1 and the sign of x."""
    t = expm1_below_zero(-TWO * abs(x))
    return (t if x < ZERO else -t) / (TWO + t)


def tanh_gradient(dy: Number, y: Number) -> Number:
    """Gradient of tanh, from its output y."""
    return dy * (ONE - y * y)


def softplus(x: Number) -> Number:
    """log(1 + exp(x)), without overflow."""
    return (ZERO if x < ZERO else x) + log1p_of_unit(exp(-abs(x)))


def softplus_gradient(dy: Number, x: Number) -> Number:
    """Gradient of softplus, from its input x."""
    return dy * sigmoid(x)


def silu(x: Number) -> Number:
    """x sigmoid(x) (Elfwing et al. 2018, eq. 6)."""
    return x * sigmoid(x)


def silu_gradient(dy: Number, x: Number) -> Number:
    """Gradient of silu, from its input x."""
    s = sigmoid(x)
    return dy * (s + x * s * (ONE - s))


def add(a: Number, b: Number) -> Number:
    """a + b."""
    return a + b


def subtract(a: Number, b: Number) -> Number:
    """a - b."""
    return a - b


def multiply(a: Number, b: Number) -> Number:
    """a b."""
    return a * b


def maximum(a: Number, b: Number) -> Number:
    """The larger of two; NaN where either is."""
    return a if a >= b or a != a else b


def minimum(a: Number, b: Number) -> Number:
    """The smaller of two; NaN where either is."""
    return a if a <= b or a != a else b


def is_extremum(x: Number, y: Number) -> bool:
    """Whether x is the maximum or minimum y that it was compared for; a NaN is."""
    return x == y or x != x


def between(pixel: int, size: int, length: int) -> tuple[int, int, np.float32]:
    """The two of `length` pixels that `pixel` of an axis `size` times as long lies between.

    Its centre is at (pixel + 1/2) / size - 1/2, here in units of 1 / (2 size) to be exact; beyond
    the ends both are the outermost pixel. Also returns the weight of the second.
    """
    unit = 2 * size
    position = 2 * pixel + 1 - size
    first, second = position // unit, -(-position // unit)
    weight = np.float32(position - first * unit) / np.float32(unit)
    return max(first, 0), min(second, length - 1), weight


def sign(x: Number) -> Number:
    """-1, 0 or 1; NaN stays NaN."""
    return ONE if x > ZERO else -ONE if x < ZERO else x


def clipped(x: Number, limit: Number) -> Number:
    """x within -limit and limit; NaN stays NaN."""
    return limit if x > limit else -limit if x < -limit else x


def gelu(x: Number) -> Number:
    """x times the probability that a standard normal number is below x (Hendrycks & Gimpel)."""
    return x * normal_cdf(x)


def gelu_gradient(dy: Number, x: Number) -> Number:
    """Gradient of gelu, from its input x."""
    e = exp(-HALF * x * x)
    tail = e * normal_tail_ratio(abs(x))
    probability = tail if x < ZERO else ONE - tail
    return dy * (probability + x * (_INVERSE_SQRT_TWO_PI * e))


def gelu_tanh(x: Number) -> Number:
    """The approximation of gelu by tanh (Hendrycks & Gimpel 2016, section 2).

    (1 + tanh(u)) / 2 is written as sigmoid(2 u), which does not cancel.
    """
    return x * sigmoid(TWO * _GELU_FACTOR * (x + _GELU_CUBIC * x * x * x))


def gelu_tanh_gradient(dy: Number, x: Number) -> Number:
    """Gradient of gelu_tanh, from its input x."""
    s = sigmoid(TWO * _GELU_FACTOR * (x + _GELU_CUBIC * x * x * x))
    slope = TWO * _GELU_FACTOR * (ONE + _THREE * _GELU_CUBIC * x * x)
    return dy * (s + x * s * (ONE - s) * slope)


def mish(x: Number) -> Number:
    """x tanh(softplus(x)) (Misra 2020, eq. 1), a ratio of polynomials of exp(-|x|)."""
    e = exp(-abs(x))
    top = e * (TWO + e) if x < ZERO else ONE + TWO * e
    gap = TWO if x < ZERO else TWO * e * e  # from top to bottom
    return x * (top / (top + gap))


def mish_gradient(dy: Number, x: Number) -> Number:
    """Gradient of mish, from its input x: t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x))."""
    e = exp(-abs(x))
    top = e * (TWO + e) if x < ZERO else ONE + TWO * e
    gap = TWO if x < ZERO else TWO * e * e
    t = top / (top + gap)
    return dy * (t + x * (gap / (top + gap)) * (ONE + t) * sigmoid(x))


def softsign(x: Number) -> Number:
    """x / (1 + |x|)."""
    return x / (ONE + abs(x))


def softsign_gradient(dy: Number, y: Number) -> Number:
    """Gradient of softsign, from its output y."""
    return dy * (ONE - abs(y)) * (ONE - abs(y))
