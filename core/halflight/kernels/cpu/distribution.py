"""Losses of predicted distributions: Gaussians, counts, quantiles and probabilities; see `rows`."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .rows import block_bounds, block_count, inverse_sum
from .scratch import scratch

__all__ = [
    "gaussian_nll",
    "kl_divergence",
    "poisson",
    "quantile",
    "standard_normal_kl",
]

_poisson_pair = compiled()(loss_formulas.poisson)
_pinball = compiled()(loss_formulas.pinball)
_relative_entropy = compiled()(loss_formulas.relative_entropy)
_HALF, _ONE, _HALF_LOG_TWO_PI = formulas.HALF, formulas.ONE, FLOAT(formulas.HALF_LOG_TWO_PI)


@compiled(parallel=True)
def _gaussian_nll(loss, dprediction, prediction, target, weight):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            outputs, value = target.shape[1], np.float32(0)
            share = weight[i] * inverse
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


@compiled(parallel=True)
def _standard_normal_kl(loss, dprediction, prediction, weight):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            outputs, value = prediction.shape[1] // 2, np.float32(0)
            share = weight[i] * inverse
            for t in range(outputs):
                mean, log_variance = prediction[i, t], prediction[i, outputs + t]
                excess = math.expm1(log_variance)
                value += _HALF * (mean * mean + (excess - log_variance))
                dprediction[i, t] = share * mean
                dprediction[i, outputs + t] = share * _HALF * excess
            loss[i] = value


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
    _standard_normal_kl(loss, dprediction, prediction, weight)


@compiled(parallel=True)
def _kl_divergence(loss, dprediction, prediction, target, weight):  # type: ignore
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(prediction.shape[1]):
                value, gradient = _relative_entropy(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total


@checked(FLOAT)
def kl_divergence(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = sum over t of target log(target / prediction) (Kullback & Leibler 1951).

    Both are first brought into [1e-7, 1] as in Keras; the gradient is 0 outside.
    """
    _kl_divergence(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _poisson(loss, dprediction, prediction, target, weight):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(outputs):
                value, gradient = _poisson_pair(prediction[i, t], target[i, t])
                dprediction[i, t] = share * gradient
                total += value
            loss[i] = total / np.float32(outputs)


@checked(FLOAT)
def poisson(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of prediction - target log(prediction + 1e-7), prediction a rate.

    The negative log-likelihood of counts, but for the term log(target!), which is constant.
    """
    _poisson(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _quantile(loss, dprediction, prediction, target, weight, quantiles):  # type: ignore
    outputs = prediction.shape[1]
    inverse = inverse_sum(weight) / np.float32(outputs)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(target.shape[1]):
                for q in range(quantiles.size):
                    k = t * quantiles.size + q
                    value, gradient = _pinball(prediction[i, k], target[i, t], quantiles[q])
                    dprediction[i, k] = share * gradient
                    total += value
            loss[i] = total / np.float32(outputs)


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
    chosen = scratch("quantiles", len(quantiles))
    chosen[:] = quantiles
    _quantile(loss, dprediction, prediction, target, weight, chosen)
