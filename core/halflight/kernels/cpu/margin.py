"""Losses of margins: what `rows` says, for scores and labels of -1 or 1 (0 counts as -1)."""

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .rows import block_bounds, block_count, inverse_sum

__all__ = [
    "categorical_hinge",
    "exponential_margin",
    "hinge",
    "squared_hinge",
]

_ZERO, _ONE, _INFINITY = formulas.ZERO, formulas.ONE, FLOAT(np.inf)
_hinge_pair = compiled()(loss_formulas.hinge)
_squared_hinge_pair = compiled()(loss_formulas.squared_hinge)
_exponential_margin_pair = compiled()(loss_formulas.exponential_margin)


@compiled(parallel=True)
def _hinge(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _hinge_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def hinge(loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array) -> None:
    """loss = mean over t of max(1 - target prediction, 0); the gradient at the kink is 0."""
    _hinge(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _squared_hinge(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _squared_hinge_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def squared_hinge(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of max(1 - target prediction, 0)^2."""
    _squared_hinge(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _exponential_margin(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _exponential_margin_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def exponential_margin(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of exp(-target prediction) (Friedman, Hastie & Tibshirani 2000, eq. 9)."""
    _exponential_margin(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _categorical_hinge(loss, dprediction, prediction, target, weight):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            peak, worst, right = 0, -_INFINITY, np.float32(0)
            for t in range(prediction.shape[1]):
                score = (_ONE - target[i, t]) * prediction[i, t]
                right += target[i, t] * prediction[i, t]
                if score > worst or score != score:  # NaN is the largest, and stays it
                    peak, worst = t, score
            margin = _ONE + worst - right
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                push = (_ONE - target[i, t] if t == peak else _ZERO) - target[i, t]
                dprediction[i, t] = _ZERO if margin <= _ZERO else share * push
            loss[i] = _ZERO if margin <= _ZERO else margin


@checked(FLOAT)
def categorical_hinge(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = max(1 + max over t of (1 - y) prediction - sum over t of y prediction, 0), y = target.

    The largest wrong score is the first of equals; the gradient at the kink is 0.
    """
    _categorical_hinge(loss, dprediction, prediction, target, weight)
