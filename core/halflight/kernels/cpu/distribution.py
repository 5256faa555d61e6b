"""Losses of Gaussians, counts, quantiles and probabilities that are predicted: see `loss_rows`."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import distribution as reference
from .arrays import FLOAT
from .loops.loss_rows import block_bounds, block_count, inverse_sum, of_pairs
from .machine.compiler import compiled
from .machine.scratch import scratch

_pinball = compiled()(loss_formulas.pinball)
_student_t = compiled()(loss_formulas.student_t)
_HALF, _ONE, _HALF_LOG_TWO_PI = formulas.HALF, formulas.ONE, FLOAT(formulas.HALF_LOG_TWO_PI)

kl_divergence = of_pairs(reference.kl_divergence, loss_formulas.relative_entropy, mean=False)
poisson = of_pairs(reference.poisson, loss_formulas.poisson)


@compiled(parallel=True)
def _gaussian_nll(loss, dprediction, prediction, target, weight):
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


@twin(reference.gaussian_nll)
def gaussian_nll(loss, dprediction, prediction, target, weight):
    _gaussian_nll(loss, dprediction, prediction, target, weight)


@compiled(parallel=True)
def _student_nll(loss, dprediction, prediction, target, weight, dof, constant):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            outputs, total = target.shape[1], np.float32(0)
            share = weight[i] * inverse
            for t in range(outputs):
                error = prediction[i, t] - target[i, t]
                value, by_location, by_scale = _student_t(error, prediction[i, outputs + t], dof)
                total += value + constant
                dprediction[i, t] = share * by_location
                dprediction[i, outputs + t] = share * by_scale
            loss[i] = total


@twin(reference.student_nll)
def student_nll(loss, dprediction, prediction, target, weight, dof):
    constant = FLOAT(loss_formulas.student_t_constant(dof))
    _student_nll(loss, dprediction, prediction, target, weight, FLOAT(dof), constant)


@compiled(parallel=True)
def _standard_normal_kl(loss, dprediction, prediction, weight):
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


@twin(reference.standard_normal_kl)
def standard_normal_kl(loss, dprediction, prediction, target, weight):  # noqa: ARG001
    _standard_normal_kl(loss, dprediction, prediction, weight)


@compiled(parallel=True)
def _quantile(loss, dprediction, prediction, target, weight, quantiles):
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


@twin(reference.quantile)
def quantile(loss, dprediction, prediction, target, weight, quantiles):
    chosen = scratch("quantiles", len(quantiles))
    chosen[:] = quantiles
    _quantile(loss, dprediction, prediction, target, weight, chosen)
