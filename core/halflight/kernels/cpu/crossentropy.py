"""Cross-entropies of probabilities and of logits: what `rows` says, summed over classes.

See the reference for clipping and smoothing; softmax and sigmoid are fused with the logarithm.
"""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .rows import block_bounds, block_count, clipped, inverse_sum, log_sum_exp, row_sum

__all__ = [
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "categorical_crossentropy",
    "categorical_crossentropy_from_logits",
]

_ZERO, _HALF, _ONE = formulas.ZERO, formulas.HALF, formulas.ONE
_binary_pair = compiled()(loss_formulas.binary_crossentropy)
_binary_logits_pair = compiled()(loss_formulas.binary_crossentropy_from_logits)


@compiled(parallel=True)
def _binary(loss, dprediction, prediction, target, weight, label_smoothing):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                y = target[i, t] + label_smoothing * (_HALF - target[i, t])
                value, gradient = _binary_pair(prediction[i, t], y)
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def binary_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """loss = mean over t of -y log p - (1 - y) log(1 - p), p = prediction, y = smoothed target."""
    _binary(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))


@compiled(parallel=True)
def _binary_logits(loss, dprediction, prediction, target, weight, label_smoothing):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                y = target[i, t] + label_smoothing * (_HALF - target[i, t])
                value, gradient = _binary_logits_pair(prediction[i, t], y)
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def binary_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """`binary_crossentropy` of p = sigmoid(prediction), never clipped."""
    _binary_logits(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))


@compiled(parallel=True)
def _categorical(loss, dprediction, prediction, target, weight, label_smoothing):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            sum_inverse = _ONE / row_sum(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                p = prediction[i, t] * sum_inverse
                q = clipped(p)
                value -= y * math.log(q)
                slope = _ZERO if q != p and p == p else y
                pull += slope
                dprediction[i, t] = -slope / q
            share = weight[i] * inverse * sum_inverse
            for t in range(prediction.shape[1]):
                dprediction[i, t] = share * (pull + dprediction[i, t])
            loss[i] = value


@checked(FLOAT)
def categorical_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """loss = -sum over t of y log p, p = prediction / its sum, y = smoothed target."""
    _categorical(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))


@compiled(parallel=True)
def _categorical_logits(  # type: ignore
    loss, dprediction, prediction, target, weight, label_smoothing
):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            largest, log_rest = log_sum_exp(prediction[i])
            value, mass = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                bits = largest - prediction[i, t] + log_rest
                value += y * bits
                mass += y
                dprediction[i, t] = math.exp(-bits)
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                dprediction[i, t] = share * (mass * dprediction[i, t] - y)
            loss[i] = value


@checked(FLOAT)
def categorical_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """`categorical_crossentropy` of p = softmax(prediction), never clipped."""
    _categorical_logits(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))
