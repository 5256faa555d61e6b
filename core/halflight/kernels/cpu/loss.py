"""Losses of regression: what `rows` says, for predictions and targets of t values a row."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .rows import block_bounds, block_count, inverse_sum

__all__ = [
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]

_ZERO, _EPSILON = formulas.ZERO, loss_formulas.EPSILON
_squared_error_pair = compiled()(loss_formulas.squared_error)
_absolute_error_pair = compiled()(loss_formulas.absolute_error)
_absolute_percentage_error_pair = compiled()(loss_formulas.absolute_percentage_error)
_squared_logarithmic_error_pair = compiled()(loss_formulas.squared_logarithmic_error)
_huber_pair = compiled()(loss_formulas.huber)
_log_cosh_pair = compiled()(loss_formulas.log_cosh)


@compiled(parallel=True)
def _mean_squared_error(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _squared_error_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def mean_squared_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (prediction - target)^2."""
    _mean_squared_error(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _mean_absolute_error(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _absolute_error_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def mean_absolute_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of |prediction - target|; the gradient at 0 is 0."""
    _mean_absolute_error(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _mean_absolute_percentage_error(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _absolute_percentage_error_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def mean_absolute_percentage_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of 100 |prediction - target| / max(|target|, 1e-7)."""
    _mean_absolute_percentage_error(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _mean_squared_logarithmic_error(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _squared_logarithmic_error_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def mean_squared_logarithmic_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (log(1 + prediction) - log(1 + target))^2, both at least 1e-7."""
    _mean_squared_logarithmic_error(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _huber(loss, dprediction, prediction, target, weight, delta):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _huber_pair(prediction[i, t], target[i, t], delta)
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def huber(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array, delta: float
) -> None:
    """Squares for small errors, absolute values for large ones (Huber 1964).

    loss = mean over t of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), with
    e = prediction - target and delta > 0.
    """
    _huber(loss, dprediction, prediction, target, weight, FLOAT(delta))


@compiled(parallel=True)
def _log_cosh(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _log_cosh_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def log_cosh(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of log(cosh(prediction - target))."""
    _log_cosh(loss, dprediction, prediction, target, weight)


@compiled()
def _norm(row):  # type: ignore
    """Euclidean norm."""
    total = np.float32(0)
    for x in row:
        total += x * x
    return math.sqrt(total)


@compiled(parallel=True)
def _cosine_similarity(loss, dprediction, prediction, target, weight):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            length, size = _norm(prediction[i]), _norm(target[i])
            norm = _EPSILON if length < _EPSILON else length
            size = _EPSILON if size < _EPSILON else size
            cosine = np.float32(0)
            for t in range(prediction.shape[1]):
                cosine += prediction[i, t] / norm * (target[i, t] / size)
            along = _ZERO if length < _EPSILON else cosine
            share = weight[i] * inverse / norm
            for t in range(prediction.shape[1]):
                across = along * (prediction[i, t] / norm) - target[i, t] / size
                dprediction[i, t] = share * across
            loss[i] = -cosine


@checked(FLOAT)
def cosine_similarity(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = -cosine of the angle between prediction and target; norms count as 1e-7 or more."""
    _cosine_similarity(loss, dprediction, prediction, target, weight)
