"""Elementary functions of one float32, as polynomials without branches, so that loops use SIMD.

The mathematical library computes one number at a time; these compile to vector instructions and
are as accurate (within 2 units in the last place where nothing else is said). NaN passes through.
Constants are float32 for the reason given in formulas.py.
"""

from typing import Any

import numpy as np

Number = Any  # a scalar of the back end's FLOAT

ZERO = np.float32(0)
HALF = np.float32(0.5)
ONE = np.float32(1)
TWO = np.float32(2)

_LOG2_E = np.float32(1.4426950408889634)
# ln 2 in two parts; products of the first with an integer below 2^15 are exact (Cody & Waite 1980).
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
# Adding this leaves the nearest integer in the last bits of the sum (1.5 * 2^23, and its bits).
_ROUND = np.float32(12582912.0)
_ROUND_BITS = np.int32(0x4B400000)
_BIAS = np.int32(127)  # of the exponent of a float32, which begins at bit 23
_MANTISSA = np.int32(23)
# (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2: minimax, from expf of Moshier's Cephes library.
_E0 = np.float32(1.9875691500e-4)
_E1 = np.float32(1.3981999507e-3)
_E2 = np.float32(8.3334519073e-3)
_E3 = np.float32(4.1665795894e-2)
_E4 = np.float32(1.6666665459e-1)
_E5 = np.float32(5.0000001201e-1)
# Outside these, exp is 0 or infinity in float32; below the third, exp(x) - 1 is -1.
_EXP_LOWEST = np.float32(-104)
_EXP_HIGHEST = np.float32(89)
_EXPM1_LOWEST = np.float32(-60)


def exp(x: Number) -> Number:
    """exp(x), down to the smallest subnormal number and up to infinity."""
    x = _EXP_LOWEST if x < _EXP_LOWEST else x
    x = _EXP_HIGHEST if x > _EXP_HIGHEST else x
    shifted = np.float32(x * _LOG2_E + _ROUND)
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    power = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    power = power * r * r + r + ONE
    exponent = shifted.view(np.int32) - _ROUND_BITS
    first = exponent >> np.int32(1)  # 2^exponent alone may not be a normal number; its parts are
    scale = np.int32((first + _BIAS) << _MANTISSA).view(np.float32)
    rest = np.int32((exponent - first + _BIAS) << _MANTISSA).view(np.float32)
    return power * scale * rest


def expm1_below_zero(x: Number) -> Number:
    """exp(x) - 1 for x <= 0, without cancellation near zero."""
    x = _EXPM1_LOWEST if x < _EXPM1_LOWEST else x
    shifted = np.float32(x * _LOG2_E + _ROUND)
    n = shifted - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    power = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    power = power * r * r + r
    exponent = shifted.view(np.int32) - _ROUND_BITS
    scale = np.int32((exponent + _BIAS) << _MANTISSA).view(np.float32)
    return power * scale + (scale - ONE)


# The first coefficients of artanh(s) / s = 1 + s^2 / 3 + s^4 / 5 + ...
_A3, _A5, _A7 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7)
_A9, _A11, _A13, _A15 = (np.float32(1 / n) for n in (9, 11, 13, 15))


def log1p_of_unit(x: Number) -> Number:
    """log(1 + x) for 0 <= x <= 1: 2 artanh(x / (2 + x)), whose argument is at most 1 / 3."""
    s = x / (TWO + x)
    q = s * s
    series = (((_A15 * q + _A13) * q + _A11) * q + _A9) * q + _A7
    return TWO * (s + s * q * ((series * q + _A5) * q + _A3))


_SQRT_HALF_BITS = np.int32(0x3F3504F3)


def log_of_normal(x: Number) -> Number:
    """log(x) for a finite x > 0 that is not subnormal."""
    bits = np.float32(x).view(np.int32)
    n = (bits - _SQRT_HALF_BITS) >> _MANTISSA  # x = 2^n m with m from sqrt(1/2) to sqrt(2)
    m = np.int32(bits - (n << _MANTISSA)).view(np.float32)
    s = (m - ONE) / (m + ONE)
    q = s * s
    artanh = s + s * q * (((_A9 * q + _A7) * q + _A5) * q + _A3)
    power = np.float32(n)
    return power * _LN2_HIGH + (TWO * artanh + power * _LN2_LOW)


# The Taylor coefficients of sin(w) / w, which suffice to w = pi / 2.
_TWO_PI = np.float32(6.283185307179586)
_S3, _S5, _S7 = np.float32(-1 / 6), np.float32(1 / 120), np.float32(-1 / 5040)
_S9, _S11, _S13 = np.float32(1 / 362880), np.float32(-1 / 39916800), np.float32(1 / 6227020800)
_QUARTER = np.float32(0.25)


def cos_of_turns(turns: Number) -> Number:
    """cos(2 pi turns) for 0 <= turns <= 1, to 2e-7: the reduction to a quarter turn is exact."""
    w = _TWO_PI * (abs(turns - HALF) - _QUARTER)
    q = w * w
    series = ((_S13 * q + _S11) * q + _S9) * q + _S7
    return w + w * q * ((series * q + _S5) * q + _S3)


# exp(a^2 / 2) times the upper tail of the normal distribution, divided by t = 1 / (1 + 0.3 a), as a
# polynomial in t: a minimax fit (relative error 3e-8) to 0.5 erfcx(a / sqrt(2)) for 0 <= a <= 14.5.
_TAIL = np.float32(0.3)
_P0, _P1 = np.float32(0.11968669295310974), np.float32(0.11957181245088577)
_P2, _P3 = np.float32(0.11023544520139694), np.float32(0.07838954776525497)
_P4, _P5 = np.float32(0.09615711122751236), np.float32(-0.07942400127649307)
_P6, _P7 = np.float32(0.19178514182567596), np.float32(-0.22821404039859772)
_P8, _P9 = np.float32(0.11243579536676407), np.float32(-0.020623501390218735)


def normal_tail_ratio(a: Number) -> Number:
    """The probability that a standard normal number is above a >= 0, times exp(a^2 / 2)."""
    t = ONE / (ONE + _TAIL * a)
    low = (((_P4 * t + _P3) * t + _P2) * t + _P1) * t + _P0
    high = (((_P9 * t + _P8) * t + _P7) * t + _P6) * t + _P5
    return t * (high * (t * t * t * t * t) + low)


def normal_cdf(x: Number) -> Number:
    """The distribution function of a standard normal number, (1 + erf(x / sqrt(2))) / 2, to 2e-7.

    Below zero the error is relative: a few units in the last place, times 1 + x^2.
    """
    tail = exp(-HALF * x * x) * normal_tail_ratio(abs(x))
    return tail if x < ZERO else ONE - tail
