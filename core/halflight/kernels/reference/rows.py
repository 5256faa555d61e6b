"""What the losses share: rows of values, their mean or sum, and each row's share of the weight.

Every loss writes `loss` (n,), each row's own unweighted value, and `dprediction` (n, k), the
gradient of sum_i weight_i loss_i / sum_i weight_i by the prediction. Rows are samples, or samples
times positions. `weight` (n,) must be neither negative nor zero throughout (which gives NaN).
"""

import numpy as np

from .arrays import Array

EPSILON = 1e-7  # what Keras keeps probabilities away from 0 and 1 by, and divisors away from 0

ROWS = {"loss": "n", "dprediction": "n t", "prediction": "n t", "target": "n t", "weight": "n"}
"""Laws of a loss: n rows of t values."""


def share(weight: Array) -> Array:
    """Each row's part of the total weight, (n, 1)."""
    return (weight / weight.sum())[:, None]


def write_mean(
    loss: Array, dprediction: Array, weight: Array, value: Array, gradient: Array
) -> None:
    """loss = mean over the columns of `value` (n, t); `gradient` (n, t) is that of each value."""
    loss[...] = value.mean(axis=1)
    dprediction[...] = share(weight) * gradient / value.shape[1]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e)


def power_and_slope(u: Array, gamma: float) -> tuple[Array, Array]:
    """u^gamma and its derivative, which counts as 0 where u is 0 (to float32)."""
    power, tiny = u**gamma, np.finfo(np.float32).tiny
    return power, np.where(u <= tiny, 0.0, gamma * power / np.maximum(u, tiny))
