"""Formulas of one number, written once and compiled by every compiled back end.

Constants are float32 and all exactly representable, so a float32 argument is never promoted to
float64 (a bare `1.0` would do that in Numba). Comparisons are written so that NaN passes through,
and no formula calls another, so that each back end compiles them one by one.
"""

import math
from typing import Any

import numpy as np

Number = Any  # a scalar of the back end's FLOAT
Bits = Any  # np.uint64, or an array of it

ZERO = np.float32(0)
HALF = np.float32(0.5)
ONE = np.float32(1)
TWO = np.float32(2)
# Half of the natural logarithm of 2 pi, the constant of the Gaussian log-likelihood.
HALF_LOG_TWO_PI = 0.9189385332046727
# What Keras adds to a norm before it divides by it (backend.epsilon()).
NORM_EPSILON = 1e-7


def relu(x: Number) -> Number:
    """max(x, 0)."""
    return ZERO if x < ZERO else x


def relu_gradient(dy: Number, y: Number) -> Number:
    """Gradient of relu, from its output y."""
    return ZERO if y <= ZERO else dy


def leaky_relu(x: Number, negative_slope: Number) -> Number:
    """x, or negative_slope x below zero."""
    return negative_slope * x if x < ZERO else x


def leaky_relu_gradient(dy: Number, y: Number, negative_slope: Number) -> Number:
    """Gradient of leaky_relu, from its output y for a positive slope."""
    return negative_slope * dy if y <= ZERO else dy


def elu(x: Number, alpha: Number) -> Number:
    """x, or alpha (exp(x) - 1) below zero (Clevert et al. 2016, eq. 15)."""
    return alpha * math.expm1(x) if x < ZERO else x


def elu_gradient(dy: Number, y: Number, alpha: Number) -> Number:
    """Gradient of elu, from its output y (Clevert et al. 2016, eq. 15)."""
    return dy * (y + alpha) if y <= ZERO else dy


def sigmoid(x: Number) -> Number:
    """1 / (1 + exp(-x)); where the exponential overflows to infinity this is the limit, 0."""
    return ONE / (ONE + math.exp(-x))


def sigmoid_gradient(dy: Number, y: Number) -> Number:
    """Gradient of sigmoid, from its output y."""
    return dy * y * (ONE - y)


def tanh_gradient(dy: Number, y: Number) -> Number:
    """Gradient of tanh, from its output y."""
    return dy * (ONE - y * y)


def softplus(x: Number) -> Number:
    """log(1 + exp(x)), without overflow."""
    return (ZERO if x < ZERO else x) + math.log1p(math.exp(-abs(x)))


def softplus_gradient(dy: Number, x: Number) -> Number:
    """Gradient of softplus, from its input x."""
    return dy / (ONE + math.exp(-x))


def silu(x: Number) -> Number:
    """x sigmoid(x) (Elfwing et al. 2018, eq. 6)."""
    return x / (ONE + math.exp(-x))


def silu_gradient(dy: Number, x: Number) -> Number:
    """Gradient of silu, from its input x."""
    s = ONE / (ONE + math.exp(-x))
    return dy * (s + x * s * (ONE - s))


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


# SplitMix64 (Steele, Lea & Flood 2014, fig. 19): its increment and its mixing function.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _40 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)
_MASK = (1 << 64) - 1


def dropout_bits(key: np.uint64, index: Bits) -> Bits:
    """24 random bits for the element `index` (C order) of one dropout call.

    Counter-based: output number `index` of a SplitMix64 generator started at `key`, so that the
    mask depends on nothing but (seed, step, index). Elements whose bits are below
    `dropout_threshold(rate)` are dropped. Takes uint64 scalars (compiled) or arrays (NumPy).
    """
    z = key + (index + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return (z ^ (z >> _31)) >> _40


def dropout_key(seed: int, step: int) -> np.uint64:
    """The start of the generator of one dropout call: a SplitMix64 mix of seed, then of step."""
    key = 0
    for word in (seed, step):
        key = (key ^ int(word)) + int(GOLDEN) & _MASK
        key = (key ^ (key >> 30)) * int(_MIX_1) & _MASK
        key = (key ^ (key >> 27)) * int(_MIX_2) & _MASK
        key ^= key >> 31
    return np.uint64(key)


def dropout_threshold(rate: float) -> np.uint64:
    """The 24-bit number below which an element is dropped, for 0 <= rate < 1."""
    return np.uint64(round(rate * (1 << 24)))
