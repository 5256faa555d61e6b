"""Losses of margins: what `rows` says, for scores and labels of -1 or 1 (0 counts as -1)."""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .rows import ROWS, share, write_mean


def _signs(target: Array) -> Array:
    return np.where(target == 0.0, -1.0, target)


@kernel(**ROWS)
def hinge(loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array) -> None:
    """loss = mean over t of max(1 - target prediction, 0); the gradient at the kink is 0."""
    sign = _signs(target)
    margin = 1.0 - sign * prediction
    gradient = np.where(margin <= 0.0, 0.0, -sign)
    write_mean(loss, dprediction, weight, np.maximum(margin, 0.0), gradient)


@kernel(**ROWS)
def squared_hinge(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of max(1 - target prediction, 0)^2."""
    sign = _signs(target)
    margin = 1.0 - sign * prediction
    gradient = np.where(margin <= 0.0, 0.0, -2.0 * sign * margin)
    write_mean(loss, dprediction, weight, np.maximum(margin, 0.0) ** 2, gradient)


@kernel(**ROWS)
def exponential_margin(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of exp(-target prediction) (Friedman, Hastie & Tibshirani 2000, eq. 9)."""
    sign = _signs(target)
    value = np.exp(-sign * prediction)
    write_mean(loss, dprediction, weight, value, -sign * value)


@kernel(**ROWS)
def categorical_hinge(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = max(1 + max over t of (1 - y) prediction - sum over t of y prediction, 0), y = target.

    The largest wrong score is the first of equals; the gradient at the kink is 0.
    """
    wrong = (1.0 - target) * prediction
    margin = 1.0 + wrong.max(axis=1) - (target * prediction).sum(axis=1)
    loss[...] = np.maximum(margin, 0.0)
    first = np.arange(target.shape[1]) == wrong.argmax(axis=1)[:, None]
    gradient = np.where(first, 1.0 - target, 0.0) - target
    dprediction[...] = share(weight) * np.where(margin[:, None] <= 0.0, 0.0, gradient)
