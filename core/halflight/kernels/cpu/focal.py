"""Focal cross-entropies: those of `crossentropy`, times (1 - p)^gamma (Lin et al. 2017, eq. 4)."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import focal as reference
from .arrays import FLOAT
from .loops.loss_rows import (
    block_bounds,
    block_count,
    clipped,
    inverse_sum,
    log_sum_exp,
    of_pairs,
    row_sum,
)
from .machine.compiler import compiled

_ZERO, _ONE, _TINY = formulas.ZERO, formulas.ONE, loss_formulas.TINY

binary_focal_crossentropy = of_pairs(
    reference.binary_focal_crossentropy, loss_formulas.smoothed_binary_focal
)
binary_focal_crossentropy_from_logits = of_pairs(
    reference.binary_focal_crossentropy_from_logits, loss_formulas.smoothed_binary_focal_from_logits
)


@compiled(parallel=True)
def _categorical_focal(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            sum_inverse = _ONE / row_sum(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = alpha * (target[i, t] - label_smoothing * target[i, t] + smoothing)
                p = prediction[i, t] * sum_inverse
                q = clipped(p)
                u, log = _ONE - q, math.log(q)
                power = u**gamma
                value -= y * power * log
                rise = _ZERO if u <= _TINY else gamma * power / u
                slope = _ZERO if q != p and p == p else y * (rise * log - power / q)
                pull += slope * q
                dprediction[i, t] = slope
            share = weight[i] * inverse * sum_inverse
            for t in range(prediction.shape[1]):
                dprediction[i, t] = share * (dprediction[i, t] - pull)
            loss[i] = value


@twin(reference.categorical_focal_crossentropy)
def categorical_focal_crossentropy(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    constants = FLOAT(gamma), FLOAT(alpha), FLOAT(label_smoothing)
    _categorical_focal(loss, dprediction, prediction, target, weight, *constants)


@compiled(parallel=True)
def _categorical_focal_logits(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            largest, log_rest = log_sum_exp(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = alpha * (target[i, t] - label_smoothing * target[i, t] + smoothing)
                bits = largest - prediction[i, t] + log_rest
                u = -math.expm1(-bits)
                power = u**gamma
                rise = _ZERO if u <= _TINY else gamma * power / u
                slope = y * (rise * math.exp(-bits) * bits + power)
                value += y * power * bits
                pull += slope
                dprediction[i, t] = slope
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                p = math.exp(prediction[i, t] - largest - log_rest)
                dprediction[i, t] = share * (p * pull - dprediction[i, t])
            loss[i] = value


@twin(reference.categorical_focal_crossentropy_from_logits)
def categorical_focal_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    constants = FLOAT(gamma), FLOAT(alpha), FLOAT(label_smoothing)
    _categorical_focal_logits(loss, dprediction, prediction, target, weight, *constants)
