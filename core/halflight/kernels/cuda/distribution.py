"""Losses of predicted distributions: Gaussians, counts, quantiles and probabilities."""

import functools
import math

import numpy as np

from .. import loss_formulas
from ..contract import twin
from ..formulas import HALF, HALF_LOG_TWO_PI, ONE
from ..reference import distribution as reference
from .arrays import FLOAT, Array, to_device
from .loops.blocks import sum_of_warp
from .loops.loss_rows import of_pairs, over_loss
from .loops.rows import row_here
from .machine.compiler import Kernel

_HALF_LOG_TWO_PI = FLOAT(HALF_LOG_TWO_PI)
_pinball, _student_t = loss_formulas.pinball, loss_formulas.student_t

kl_divergence = of_pairs(reference.kl_divergence, loss_formulas.relative_entropy, mean=False)
poisson = of_pairs(reference.poisson, loss_formulas.poisson)


@Kernel
def _gaussian_nll(loss, dprediction, prediction, target, weight, total, lanes):
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


@twin(reference.gaussian_nll)
def gaussian_nll(loss, dprediction, prediction, target, weight):
    over_loss(_gaussian_nll, loss, dprediction, prediction, target, weight)


@Kernel
def _student_nll(loss, dprediction, prediction, target, weight, total, lanes, dof, constant):
    row, lane, stored = row_here(loss.size, lanes)
    outputs, total_value = target.shape[1], np.float32(0)
    share = weight[row] / total[0]
    for t in range(lane, outputs, lanes):
        error = prediction[row, t] - target[row, t]
        value, by_location, by_scale = _student_t(error, prediction[row, outputs + t], dof)
        total_value += value + constant
        if stored:
            dprediction[row, t] = share * by_location
            dprediction[row, outputs + t] = share * by_scale
    total_value = sum_of_warp(total_value, lanes)
    if stored and lane == 0:
        loss[row] = total_value


@twin(reference.student_nll)
def student_nll(loss, dprediction, prediction, target, weight, dof):
    constants = FLOAT(dof), FLOAT(loss_formulas.student_t_constant(dof))
    over_loss(_student_nll, loss, dprediction, prediction, target, weight, *constants)


@Kernel
def _standard_normal_kl(loss, dprediction, prediction, _target, weight, total, lanes):
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


@twin(reference.standard_normal_kl)
def standard_normal_kl(loss, dprediction, prediction, target, weight):  # noqa: ARG001
    # As kernels take no None, the prediction stands in for the target.
    over_loss(_standard_normal_kl, loss, dprediction, prediction, prediction, weight)


@Kernel
def _quantile(loss, dprediction, prediction, target, weight, total, lanes, quantiles):
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


@twin(reference.quantile)
def quantile(loss, dprediction, prediction, target, weight, quantiles):
    chosen = _on_device(tuple(quantiles))
    over_loss(_quantile, loss, dprediction, prediction, target, weight, chosen)
