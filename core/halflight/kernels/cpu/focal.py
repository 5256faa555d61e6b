"""Focal cross-entropies: those of `crossentropy`, times (1 - p)^gamma (Lin et al. 2017, eq. 4)."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .rows import block_bounds, block_count, clipped, inverse_sum, log_sum_exp, row_sum

__all__ = [
    "binary_focal_crossentropy",
    "binary_focal_crossentropy_from_logits",
    "categorical_focal_crossentropy",
    "categorical_focal_crossentropy_from_logits",
]

_ZERO, _HALF, _ONE, _TINY = formulas.ZERO, formulas.HALF, formulas.ONE, loss_formulas.TINY
_binary_focal_pair = compiled()(loss_formulas.binary_focal)
_binary_focal_logits_pair = compiled()(loss_formulas.binary_focal_from_logits)


@compiled(parallel=True)
def _binary_focal(  # type: ignore
    loss, dprediction, prediction, target, weight, gamma, positive, negative, label_smoothing
):
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                y = target[i, t] + label_smoothing * (_HALF - target[i, t])
                value, gradient = _binary_focal_pair(prediction[i, t], y, gamma, positive, negative)
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
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
    _binary_focal(
        loss,
        dprediction,
        prediction,
        target,
        weight,
        FLOAT(gamma),
        FLOAT(positive),
        FLOAT(negative),
        FLOAT(label_smoothing),
    )


@compiled(parallel=True)
def _binary_focal_logits(  # type: ignore
    loss, dprediction, prediction, target, weight, gamma, positive, negative, label_smoothing
):
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                y = target[i, t] + label_smoothing * (_HALF - target[i, t])
                value, gradient = _binary_focal_logits_pair(
                    prediction[i, t], y, gamma, positive, negative
                )
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
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
    _binary_focal_logits(
        loss,
        dprediction,
        prediction,
        target,
        weight,
        FLOAT(gamma),
        FLOAT(positive),
        FLOAT(negative),
        FLOAT(label_smoothing),
    )


@compiled(parallel=True)
def _categorical_focal(  # type: ignore
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            sum_inverse = _ONE / row_sum(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = alpha * (target[i, t] - label_smoothing * target[i, t] + smoothing)
                p = prediction[i, t] * sum_inverse
                q = clipped(p)
                u, log = _ONE - q, math.log(q)
                power = u**gamma
                value -= y * power * log
                rise = _ZERO if u <= _TINY else gamma * power / u
                slope = _ZERO if q != p and p == p else y * (rise * log - power / q)
                pull += slope * q
                dprediction[i, t] = slope
            share = weight[i] * inverse * sum_inverse
            for t in range(prediction.shape[1]):
                dprediction[i, t] = share * (dprediction[i, t] - pull)
            loss[i] = value


@checked(FLOAT)
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
    _categorical_focal(
        loss,
        dprediction,
        prediction,
        target,
        weight,
        FLOAT(gamma),
        FLOAT(alpha),
        FLOAT(label_smoothing),
    )


@compiled(parallel=True)
def _categorical_focal_logits(  # type: ignore
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            largest, log_rest = log_sum_exp(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = alpha * (target[i, t] - label_smoothing * target[i, t] + smoothing)
                bits = largest - prediction[i, t] + log_rest
                u = -math.expm1(-bits)
                power = u**gamma
                rise = _ZERO if u <= _TINY else gamma * power / u
                slope = y * (rise * math.exp(-bits) * bits + power)
                value += y * power * bits
                pull += slope
                dprediction[i, t] = slope
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                p = math.exp(prediction[i, t] - largest - log_rest)
                dprediction[i, t] = share * (p * pull - dprediction[i, t])
            loss[i] = value


@checked(FLOAT)
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
    _categorical_focal_logits(
        loss,
        dprediction,
        prediction,
        target,
        weight,
        FLOAT(gamma),
        FLOAT(alpha),
        FLOAT(label_smoothing),
    )
