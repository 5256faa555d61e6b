"""Losses of predicted distributions: Gaussians, counts, quantiles and probabilities."""

import functools
import math

import numpy as np

from .. import loss_formulas
from ..contract import checked
from ..formulas import HALF, HALF_LOG_TWO_PI, ONE
from ..reference import distribution as reference
from .arrays import FLOAT, Array, to_device
from .compiler import Kernel
from .loss_rows import of_pairs, over_loss
from .rows import row_here, sum_of_warp

__all__ = [
    "gaussian_nll",
    "kl_divergence",
    "poisson",
    "quantile",
    "standard_normal_kl",
]

_HALF_LOG_TWO_PI = FLOAT(HALF_LOG_TWO_PI)
_pinball = loss_formulas.pinball

kl_divergence = of_pairs(reference.kl_divergence, loss_formulas.relative_entropy, mean=False)
poisson = of_pairs(reference.poisson, loss_formulas.poisson)


@Kernel
def _gaussian_nll(loss, dprediction, prediction, target, weight, total, lanes):  # type: ignore
    row, lane, stored = row_here(loss.size, lanes)
    outputs, value = target.shape[1], np.float32(0)
    share = weight[row] / total[0]
    for t in range(lane, outputs, lanes):
        log_variance = prediction[row, outputs + t]
        residual = prediction[row, t] - target[row, t]
        precision = math.exp(-log_variance)
        chi_squared = residual * residual * precision
        value += HALF * (log_variance + chi_squared) + _HALF_LOG_TWO_PI
        if stored:
            dprediction[row, t] = share * residual * precision
            dprediction[row, outputs + t] = share * HALF * (ONE - chi_squared)
    value = sum_of_warp(value, lanes)
    if stored and lane == 0:
        loss[row] = value


@checked(FLOAT)
def gaussian_nll(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """Negative log-likelihood of independent Gaussians (Nix & Weigend 1994, eq. 2 with ln 2 pi).

    prediction (n, 2t): t means, then t log-variances; target (n, t). loss = sum over t of
    0.5 (log_variance + (target - mean)^2 exp(-log_variance) + ln 2 pi).
    """
    over_loss(_gaussian_nll, loss, dprediction, prediction, target, weight)


@Kernel
def _standard_normal_kl(  # type: ignore
    loss, dprediction, prediction, _target, weight, total, lanes
):
    row, lane, stored = row_here(loss.size, lanes)
    outputs, value = prediction.shape[1] // 2, np.float32(0)
    share = weight[row] / total[0]
    for t in range(lane, outputs, lanes):
        mean, log_variance = prediction[row, t], prediction[row, outputs + t]
        excess = math.expm1(log_variance)
        value += HALF * (mean * mean + (excess - log_variance))
        if stored:
            dprediction[row, t] = share * mean
            dprediction[row, outputs + t] = share * HALF * excess
    value = sum_of_warp(value, lanes)
    if stored and lane == 0:
        loss[row] = value


@checked(FLOAT)
def standard_normal_kl(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array | None,  # noqa: ARG001
    weight: Array,
) -> None:
    """Divergence of independent Gaussians from the standard normal (Kingma & Welling 2014, app. B).

    prediction (n, 2t): t means, then t log-variances. loss = sum over t of
    0.5 (mean^2 + exp(log_variance) - 1 - log_variance). There is nothing to compare with: `target`
    may be None, and is not read.
    """
    # As kernels take no None, the prediction stands in for the target.
    over_loss(_standard_normal_kl, loss, dprediction, prediction, prediction, weight)


@Kernel
def _quantile(  # type: ignore
    loss, dprediction, prediction, target, weight, total, lanes, quantiles
):
    row, lane, stored = row_here(loss.size, lanes)
    outputs = np.float32(prediction.shape[1])
    share, total_value = weight[row] / total[0] / outputs, np.float32(0)
    for k in range(lane, prediction.shape[1], lanes):
        y, q = target[row, k // quantiles.size], quantiles[k % quantiles.size]
        value, slope = _pinball(prediction[row, k], y, q)
        total_value += value
        if stored:
            dprediction[row, k] = share * slope
    total_value = sum_of_warp(total_value, lanes)
    if stored and lane == 0:
        loss[row] = total_value / outputs


@functools.cache
def _on_device(numbers: tuple[float, ...]) -> Array:
    """A copy of a few constants, made on the first call for them and kept."""
    return to_device(np.array(numbers, FLOAT))


@checked(FLOAT)
def quantile(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    quantiles: tuple[float, ...],
) -> None:
    """Pinball loss (Koenker & Bassett 1978, eq. 2.2): its minimum is the quantile q.

    prediction (n, t q): the q quantiles of the first target, then those of the next; target (n, t).
    loss = mean over t q of max(q e, (q - 1) e), with e = target - prediction.
    """
    chosen = _on_device(tuple(quantiles))
    over_loss(_quantile, loss, dprediction, prediction, target, weight, chosen)
