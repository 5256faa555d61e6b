"""Focal cross-entropies: those of `crossentropy`, times (1 - p)^gamma (Lin et al. 2017, eq. 4)."""

import math

import numpy as np

from .. import loss_formulas
from ..contract import twin
from ..formulas import ONE, ZERO
from ..loss_formulas import TINY
from ..reference import focal as reference
from .arrays import FLOAT
from .loops.blocks import sum_of_warp
from .loops.loss_rows import clipped, log_sum_exp, of_pairs, over_loss, sum_of_row
from .loops.rows import row_here
from .machine.compiler import Kernel

binary_focal_crossentropy = of_pairs(
    reference.binary_focal_crossentropy, loss_formulas.smoothed_binary_focal
)
binary_focal_crossentropy_from_logits = of_pairs(
    reference.binary_focal_crossentropy_from_logits, loss_formulas.smoothed_binary_focal_from_logits
)


@Kernel
def _categorical_focal(
    loss, dprediction, prediction, target, weight, total, lanes, gamma, alpha, label_smoothing
):
    row, lane, stored = row_here(loss.size, lanes)
    smoothing = label_smoothing / np.float32(prediction.shape[1])
    sum_inverse = ONE / sum_of_row(prediction, row, lane, lanes)
    value, pull = np.float32(0), np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        y = alpha * (target[row, t] - label_smoothing * target[row, t] + smoothing)
        p = prediction[row, t] * sum_inverse
        q = clipped(p)
        u, log = ONE - q, math.log(q)
        power = u**gamma
        value -= y * power * log
        rise = ZERO if u <= TINY else gamma * power / u
        slope = ZERO if q != p and p == p else y * (rise * log - power / q)
        pull += slope * q
        if stored:
            dprediction[row, t] = slope
    value, pull = sum_of_warp(value, lanes), sum_of_warp(pull, lanes)
    share = weight[row] / total[0] * sum_inverse
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            dprediction[row, t] = share * (dprediction[row, t] - pull)
        if lane == 0:
            loss[row] = value


@twin(reference.categorical_focal_crossentropy)
def categorical_focal_crossentropy(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_categorical_focal, *arrays, FLOAT(gamma), FLOAT(alpha), FLOAT(label_smoothing))


@Kernel
def _categorical_focal_logits(
    loss, dprediction, prediction, target, weight, total, lanes, gamma, alpha, label_smoothing
):
    row, lane, stored = row_here(loss.size, lanes)
    smoothing = label_smoothing / np.float32(prediction.shape[1])
    largest, log_rest = log_sum_exp(prediction, row, lane, lanes)
    value, pull = np.float32(0), np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        y = alpha * (target[row, t] - label_smoothing * target[row, t] + smoothing)
        bits = largest - prediction[row, t] + log_rest
        u = -math.expm1(-bits)
        power = u**gamma
        rise = ZERO if u <= TINY else gamma * power / u
        slope = y * (rise * math.exp(-bits) * bits + power)
        value += y * power * bits
        pull += slope
        if stored:
            dprediction[row, t] = slope
    value, pull = sum_of_warp(value, lanes), sum_of_warp(pull, lanes)
    share = weight[row] / total[0]
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            p = math.exp(prediction[row, t] - largest - log_rest)
            dprediction[row, t] = share * (p * pull - dprediction[row, t])
        if lane == 0:
            loss[row] = value


@twin(reference.categorical_focal_crossentropy_from_logits)
def categorical_focal_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, gamma, alpha, label_smoothing
):
    arrays = (loss, dprediction, prediction, target, weight)
    constants = (FLOAT(gamma), FLOAT(alpha), FLOAT(label_smoothing))
    over_loss(_categorical_focal_logits, *arrays, *constants)
