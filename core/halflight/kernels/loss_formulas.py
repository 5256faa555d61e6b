"""Losses of one number: its value and its gradient by the prediction, compiled by every back end.

Each takes one prediction, one target and constants, and returns (value, gradient). As in
formulas.py, constants are float32, comparisons let NaN pass, and a formula may call another.
"""

import math
from typing import Any

import numpy as np

from .formulas import HALF, ONE, TWO, ZERO

Number = Any  # a scalar of the back end's FLOAT
Pair = tuple[Number, Number]

HUNDRED = np.float32(100)
# What Keras keeps probabilities away from 0 and 1 by, and divisors away from 0.
EPSILON = np.float32(1e-7)
ALMOST_ONE = np.float32(1 - 1e-7)
# Below the smallest normal float32 a power of a probability may overflow in its derivative.
TINY = np.finfo(np.float32).tiny


def squared_error(p: Number, t: Number) -> Pair:
    """(p - t)^2."""
    error = p - t
    return error * error, TWO * error


def absolute_error(p: Number, t: Number) -> Pair:
    """|p - t|; the gradient at 0 is 0."""
    error = p - t
    return abs(error), ONE if error > ZERO else (-ONE if error < ZERO else error)


def absolute_percentage_error(p: Number, t: Number) -> Pair:
    """100 |p - t| / max(|t|, 1e-7)."""
    error = p - t
    size = abs(t)
    factor = HUNDRED / (EPSILON if size < EPSILON else size)
    sign = ONE if error > ZERO else (-ONE if error < ZERO else error)
    return factor * abs(error), factor * sign


def squared_logarithmic_error(p: Number, t: Number) -> Pair:
    """(log(1 + max(p, 1e-7)) - log(1 + max(t, 1e-7)))^2."""
    clipped = EPSILON if p < EPSILON else p
    error = math.log1p(clipped) - math.log1p(EPSILON if t < EPSILON else t)
    return error * error, ZERO if p < EPSILON else TWO * error / (ONE + clipped)


def huber(p: Number, t: Number, delta: Number) -> Pair:
    """(p - t)^2 / 2, or delta (|p - t| - delta / 2) where |p - t| > delta (Huber 1964)."""
    error = p - t
    size = abs(error)
    value = HALF * error * error if size <= delta else delta * (size - HALF * delta)
    return value, delta if error > delta else (-delta if error < -delta else error)


def log_cosh(p: Number, t: Number) -> Pair:
    """log(cosh(p - t)), without overflow."""
    error = p - t
    size = abs(error)
    return size + math.log1p(HALF * math.expm1(-TWO * size)), math.tanh(error)


def poisson(p: Number, t: Number) -> Pair:
    """p - t log(p + 1e-7)."""
    rate = p + EPSILON
    return p - t * math.log(rate), ONE - t / rate


def student_t(error: Number, log_scale: Number, dof: Number) -> tuple[Number, Number, Number]:
    """-ln of Student's t density of an error, without its constant.

    log_scale: ln of the squared scale. Returns the value and its slopes by error and log_scale.
    """
    precision = math.exp(-log_scale)
    chi_squared = error * error * precision
    heaviness = (dof + ONE) / (dof + chi_squared)
    value = HALF * (log_scale + (dof + ONE) * math.log1p(chi_squared / dof))
    return value, heaviness * error * precision, HALF * (ONE - heaviness * chi_squared)


def student_t_constant(dof: float) -> float:
    """What `student_t` leaves out: it is reckoned once a loss, in double precision."""
    ratio = math.lgamma(0.5 * dof) - math.lgamma(0.5 * (dof + 1.0))
    return ratio + 0.5 * math.log(dof * math.pi)


def pinball(p: Number, t: Number, quantile: Number) -> Pair:
    """quantile (t - p) if t > p, else (1 - quantile) (p - t) (Koenker & Bassett 1978)."""
    error = t - p
    value = quantile * error if error > ZERO else (quantile - ONE) * error
    return value, -quantile if error > ZERO else (ONE - quantile if error < ZERO else error)


def hinge(p: Number, t: Number) -> Pair:
    """max(1 - t p, 0) for a label t of -1 or 1; 0 counts as -1."""
    sign = -ONE if t == ZERO else t
    margin = ONE - sign * p
    return (ZERO, ZERO) if margin <= ZERO else (margin, -sign)


def squared_hinge(p: Number, t: Number) -> Pair:
    """max(1 - t p, 0)^2 for a label t of -1 or 1; 0 counts as -1."""
    sign = -ONE if t == ZERO else t
    margin = ONE - sign * p
    return (ZERO, ZERO) if margin <= ZERO else (margin * margin, -TWO * sign * margin)


def exponential_margin(p: Number, t: Number) -> Pair:
    """exp(-t p) for a label t of -1 or 1; 0 counts as -1."""
    sign = -ONE if t == ZERO else t
    value = math.exp(-sign * p)
    return value, -sign * value


def relative_entropy(p: Number, t: Number) -> Pair:
    """t log(t / p), both first brought into [1e-7, 1]; the gradient is 0 outside."""
    q = EPSILON if p < EPSILON else (ONE if p > ONE else p)
    s = EPSILON if t < EPSILON else (ONE if t > ONE else t)
    return s * math.log(s / q), ZERO if p < EPSILON or p > ONE else -s / q


def binary_crossentropy(p: Number, t: Number) -> Pair:
    """-t log p - (1 - t) log(1 - p), p in [1e-7, 1 - 1e-7]; the gradient is 0 outside."""
    q = EPSILON if p < EPSILON else (ALMOST_ONE if p > ALMOST_ONE else p)
    value = -t * math.log(q) - (ONE - t) * math.log1p(-q)
    clipped = p < EPSILON or p > ALMOST_ONE
    return value, ZERO if clipped else (ONE - t) / (ONE - q) - t / q


def binary_crossentropy_from_logits(z: Number, t: Number) -> Pair:
    """-t log s - (1 - t) log(1 - s), s = sigmoid(z), without overflow or cancellation."""
    value = (ZERO if z < ZERO else z) - t * z + math.log1p(math.exp(-abs(z)))
    return value, ONE / (ONE + math.exp(-z)) - t


def binary_focal(p: Number, t: Number, gamma: Number, positive: Number, negative: Number) -> Pair:
    """a u^gamma times the binary cross-entropy of p, u = t (1 - p) + (1 - t) p.

    a = t positive + (1 - t) negative (Lin et al. 2017, eq. 5).
    """
    q = EPSILON if p < EPSILON else (ALMOST_ONE if p > ALMOST_ONE else p)
    entropy = -t * math.log(q) - (ONE - t) * math.log1p(-q)
    clipped = p < EPSILON or p > ALMOST_ONE
    slope = ZERO if clipped else (ONE - t) / (ONE - q) - t / q
    wrong = t * (ONE - p) + (ONE - t) * p
    factor = (t * positive + (ONE - t) * negative) * wrong**gamma
    rise = ZERO if wrong <= TINY else gamma * factor / wrong
    return factor * entropy, rise * (ONE - TWO * t) * entropy + factor * slope


def binary_focal_from_logits(
    z: Number, t: Number, gamma: Number, positive: Number, negative: Number
) -> Pair:
    """`binary_focal` of sigmoid(z), without overflow or cancellation."""
    entropy = (ZERO if z < ZERO else z) - t * z + math.log1p(math.exp(-abs(z)))
    s, r = ONE / (ONE + math.exp(-z)), ONE / (ONE + math.exp(z))
    wrong = t * r + (ONE - t) * s
    factor = (t * positive + (ONE - t) * negative) * wrong**gamma
    rise = ZERO if wrong <= TINY else gamma * factor / wrong
    return factor * entropy, rise * (ONE - TWO * t) * s * r * entropy + factor * (s - t)


def smoothed_binary_crossentropy(p: Number, t: Number, label_smoothing: Number) -> Pair:
    """`binary_crossentropy` of a target that is drawn to 1 / 2."""
    return binary_crossentropy(p, t + label_smoothing * (HALF - t))


def smoothed_binary_crossentropy_from_logits(z: Number, t: Number, label_smoothing: Number) -> Pair:
    """`binary_crossentropy_from_logits` of a target that is drawn to 1 / 2."""
    return binary_crossentropy_from_logits(z, t + label_smoothing * (HALF - t))


def smoothed_binary_focal(
    p: Number, t: Number, gamma: Number, positive: Number, negative: Number, label_smoothing: Number
) -> Pair:
    """`binary_focal` of a target that is drawn to 1 / 2."""
    return binary_focal(p, t + label_smoothing * (HALF - t), gamma, positive, negative)


def smoothed_binary_focal_from_logits(
    z: Number, t: Number, gamma: Number, positive: Number, negative: Number, label_smoothing: Number
) -> Pair:
    """`binary_focal_from_logits` of a target that is drawn to 1 / 2."""
    return binary_focal_from_logits(z, t + label_smoothing * (HALF - t), gamma, positive, negative)
