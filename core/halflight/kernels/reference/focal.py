"""Focal cross-entropies: those of `crossentropy`, times (1 - p)^gamma (Lin et al. 2017, eq. 4)."""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .crossentropy import probabilities, surprise
from .rows import EPSILON, ROWS, power_and_slope, share, sigmoid, write_mean


@kernel(**ROWS)
def binary_focal_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    gamma: float,
    positive: float,
    negative: float,
    label_smoothing: float,
) -> None:
    """loss = mean over t of a u^gamma times the binary cross-entropy of p = prediction and y.

    y = smoothed target, u = y (1 - p) + (1 - y) p, a = y positive + (1 - y) negative (eq. 5).
    """
    y, p = target + label_smoothing * (0.5 - target), prediction
    q = np.clip(p, EPSILON, 1.0 - EPSILON)
    entropy = -y * np.log(q) - (1.0 - y) * np.log1p(-q)
    clipped = (p < EPSILON) | (p > 1.0 - EPSILON)
    slope = np.where(clipped, 0.0, (1.0 - y) / (1.0 - q) - y / q)
    a = y * positive + (1.0 - y) * negative
    power, rise = power_and_slope(y * (1.0 - p) + (1.0 - y) * p, gamma)
    gradient = a * (rise * (1.0 - 2.0 * y) * entropy + power * slope)
    write_mean(loss, dprediction, weight, a * power * entropy, gradient)


@kernel(**ROWS)
def binary_focal_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    gamma: float,
    positive: float,
    negative: float,
    label_smoothing: float,
) -> None:
    """`binary_focal_crossentropy` of p = sigmoid(prediction), never clipped."""
    y, z = target + label_smoothing * (0.5 - target), prediction
    entropy = np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z)))
    p, q = sigmoid(z), sigmoid(-z)
    a = y * positive + (1.0 - y) * negative
    power, rise = power_and_slope(y * q + (1.0 - y) * p, gamma)
    gradient = a * (rise * (1.0 - 2.0 * y) * p * q * entropy + power * (p - y))
    write_mean(loss, dprediction, weight, a * power * entropy, gradient)


def _smoothed(target: Array, alpha: float, label_smoothing: float) -> Array:
    return alpha * (target + label_smoothing * (1.0 / target.shape[1] - target))


@kernel(**ROWS)
def categorical_focal_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    gamma: float,
    alpha: float,
    label_smoothing: float,
) -> None:
    """loss = -sum over t of alpha y (1 - p)^gamma log p, p = prediction / its sum, y smoothed."""
    y = _smoothed(target, alpha, label_smoothing)
    p, inside, total = probabilities(prediction)
    power, rise = power_and_slope(1.0 - p, gamma)
    loss[...] = -(y * power * np.log(p)).sum(axis=1)
    by_p = np.where(np.isnan(p) | inside, y * (rise * np.log(p) - power / p), 0.0)
    gradient = (by_p - (by_p * p).sum(axis=1, keepdims=True)) / total
    dprediction[...] = share(weight) * gradient


@kernel(**ROWS)
def categorical_focal_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    gamma: float,
    alpha: float,
    label_smoothing: float,
) -> None:
    """`categorical_focal_crossentropy` of p = softmax(prediction), never clipped."""
    y = _smoothed(target, alpha, label_smoothing)
    bits = surprise(prediction)
    p = np.exp(-bits)
    power, rise = power_and_slope(-np.expm1(-bits), gamma)
    loss[...] = (y * power * bits).sum(axis=1)
    by_log = -y * (rise * p * bits + power)
    dprediction[...] = share(weight) * (by_log - p * by_log.sum(axis=1, keepdims=True))
