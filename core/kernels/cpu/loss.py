"""Losses: the value of each sample, and the gradient of their weighted mean.

`loss` (n,) is each sample's own unweighted value; `dprediction` is the gradient of
sum_i weight_i loss_i / sum_i weight_i by the prediction. `weight` (n,) must be
neither negative nor zero throughout (which gives NaN). Batches are small: one thread does it.
"""

import math

import numpy as np

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled

__all__ = [
    "binary_crossentropy_from_logits",
    "gaussian_nll",
    "mean_absolute_error",
    "mean_squared_error",
]

_HALF_LOG_TWO_PI = FLOAT(formulas.HALF_LOG_TWO_PI)
_HALF, _ONE, _TWO = formulas.HALF, formulas.ONE, formulas.TWO
_sigmoid = compiled()(formulas.sigmoid)
_softplus = compiled()(formulas.softplus)


@compiled()
def _inverse_sum(weight):  # type: ignore
    """1 / sum of the weights, summed in float64."""
    total = 0.0
    for w in weight:
        total += np.float64(w)
    return np.float32(1.0 / total)


@compiled()
def _gaussian_nll(loss, dprediction, prediction, target, weight):  # type: ignore
    samples, outputs = target.shape
    inverse = _inverse_sum(weight)
    for i in range(samples):
        share = weight[i] * inverse
        value = np.float32(0)
        for t in range(outputs):
            log_variance = prediction[i, outputs + t]
            residual = prediction[i, t] - target[i, t]
            precision = math.exp(-log_variance)
            chi_squared = residual * residual * precision
            value += _HALF * (log_variance + chi_squared) + _HALF_LOG_TWO_PI
            dprediction[i, t] = share * residual * precision
            dprediction[i, outputs + t] = share * _HALF * (_ONE - chi_squared)
        loss[i] = value


@checked(FLOAT)
def gaussian_nll(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """Negative log-likelihood of independent Gaussians (Nix & Weigend 1994, eq. 2 with ln 2 pi).

    prediction (n, 2t): t means, then t log-variances; target (n, t). loss = sum over t of
    0.5 (log_variance + (target - mean)^2 exp(-log_variance) + ln 2 pi).
    """
    _gaussian_nll(loss, dprediction, prediction, target, weight)


@compiled()
def _mean_squared_error(loss, dprediction, prediction, target, weight):  # type: ignore
    samples, outputs = target.shape
    inverse = _inverse_sum(weight)
    for i in range(samples):
        share = weight[i] * inverse * _TWO / np.float32(outputs)
        value = np.float32(0)
        for t in range(outputs):
            residual = prediction[i, t] - target[i, t]
            value += residual * residual
            dprediction[i, t] = share * residual
        loss[i] = value / np.float32(outputs)


@checked(FLOAT)
def mean_squared_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (prediction - target)^2; prediction and target (n, t)."""
    _mean_squared_error(loss, dprediction, prediction, target, weight)


@compiled()
def _mean_absolute_error(loss, dprediction, prediction, target, weight):  # type: ignore
    samples, outputs = target.shape
    inverse = _inverse_sum(weight)
    for i in range(samples):
        share = weight[i] * inverse / np.float32(outputs)
        value = np.float32(0)
        for t in range(outputs):
            residual = prediction[i, t] - target[i, t]
            value += abs(residual)
            dprediction[i, t] = share * np.sign(residual)
        loss[i] = value / np.float32(outputs)


@checked(FLOAT)
def mean_absolute_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of |prediction - target|; prediction and target (n, t)."""
    _mean_absolute_error(loss, dprediction, prediction, target, weight)


@compiled()
def _binary_crossentropy(loss, dprediction, prediction, target, weight):  # type: ignore
    inverse = _inverse_sum(weight)
    for i in range(loss.size):
        logit = prediction[i, 0]
        loss[i] = _softplus(logit) - target[i, 0] * logit
        dprediction[i, 0] = weight[i] * inverse * (_sigmoid(logit) - target[i, 0])


@checked(FLOAT)
def binary_crossentropy_from_logits(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = softplus(z) - target z, z = prediction (n, 1) the logit; target (n, 1) in [0, 1]."""
    _binary_crossentropy(loss, dprediction, prediction, target, weight)
