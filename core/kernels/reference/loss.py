"""Losses: the value of each sample, and the gradient of their weighted mean.

`loss` (n,) is each sample's own unweighted value; `dprediction` is the gradient of
sum_i weight_i loss_i / sum_i weight_i by the prediction. `weight` (n,) must be
neither negative nor zero throughout (which gives NaN).
"""

import numpy as np

from ..contract import checked
from ..formulas import HALF_LOG_TWO_PI
from .arrays import FLOAT, Array

__all__ = [
    "binary_crossentropy_from_logits",
    "gaussian_nll",
    "mean_absolute_error",
    "mean_squared_error",
]


def _share(weight: Array) -> Array:
    return (weight / weight.sum())[:, None]


@checked(FLOAT)
def gaussian_nll(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """Negative log-likelihood of independent Gaussians (Nix & Weigend 1994, eq. 2 with ln 2 pi).

    prediction (n, 2t): t means, then t log-variances; target (n, t). loss = sum over t of
    0.5 (log_variance + (target - mean)^2 exp(-log_variance) + ln 2 pi).
    """
    outputs = target.shape[1]
    log_variance = prediction[:, outputs:]
    residual = prediction[:, :outputs] - target
    precision = np.exp(-log_variance)
    chi_squared = residual**2 * precision
    loss[...] = (0.5 * (log_variance + chi_squared) + HALF_LOG_TWO_PI).sum(axis=1)
    dprediction[:, :outputs] = _share(weight) * residual * precision
    dprediction[:, outputs:] = _share(weight) * 0.5 * (1.0 - chi_squared)


@checked(FLOAT)
def mean_squared_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (prediction - target)^2; prediction and target (n, t)."""
    residual = prediction - target
    loss[...] = (residual**2).mean(axis=1)
    dprediction[...] = _share(weight) * 2.0 * residual / target.shape[1]


@checked(FLOAT)
def mean_absolute_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of |prediction - target|; prediction and target (n, t)."""
    residual = prediction - target
    loss[...] = np.abs(residual).mean(axis=1)
    dprediction[...] = _share(weight) * np.sign(residual) / target.shape[1]


@checked(FLOAT)
def binary_crossentropy_from_logits(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = softplus(z) - target z, z = prediction (n, 1) the logit; target (n, 1) in [0, 1]."""
    loss[...] = (np.logaddexp(0.0, prediction) - target * prediction)[:, 0]
    e = np.exp(-np.abs(prediction))
    probability = np.where(prediction < 0.0, e, 1.0) / (1.0 + e)
    dprediction[...] = _share(weight) * (probability - target)
