"""Cross-entropies of probabilities and of logits: what `loss_rows` says, summed over classes.

See the reference for clipping and smoothing; softmax and sigmoid are fused with the logarithm.
"""

import math

import numpy as np

from .. import loss_formulas
from ..contract import twin
from ..formulas import ONE, ZERO
from ..reference import crossentropy as reference
from .arrays import FLOAT
from .loops.blocks import sum_of_warp
from .loops.loss_rows import clipped, log_sum_exp, of_pairs, over_loss, sum_of_row
from .loops.rows import row_here
from .machine.compiler import Kernel

binary_crossentropy = of_pairs(
    reference.binary_crossentropy, loss_formulas.smoothed_binary_crossentropy
)
binary_crossentropy_from_logits = of_pairs(
    reference.binary_crossentropy_from_logits,
    loss_formulas.smoothed_binary_crossentropy_from_logits,
)


@Kernel
def _categorical(loss, dprediction, prediction, target, weight, total, lanes, label_smoothing):
    row, lane, stored = row_here(loss.size, lanes)
    smoothing = label_smoothing / np.float32(prediction.shape[1])
    sum_inverse = ONE / sum_of_row(prediction, row, lane, lanes)
    value, pull = np.float32(0), np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        y = target[row, t] - label_smoothing * target[row, t] + smoothing
        p = prediction[row, t] * sum_inverse
        q = clipped(p)
        value -= y * math.log(q)
        slope = ZERO if q != p and p == p else y
        pull += slope
        if stored:
            dprediction[row, t] = -slope / q
    value, pull = sum_of_warp(value, lanes), sum_of_warp(pull, lanes)
    share = weight[row] / total[0] * sum_inverse
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            dprediction[row, t] = share * (pull + dprediction[row, t])
        if lane == 0:
            loss[row] = value


@twin(reference.categorical_crossentropy)
def categorical_crossentropy(loss, dprediction, prediction, target, weight, label_smoothing):
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_categorical, *arrays, FLOAT(label_smoothing))


@Kernel
def _categorical_logits(
    loss, dprediction, prediction, target, weight, total, lanes, label_smoothing
):
    row, lane, stored = row_here(loss.size, lanes)
    smoothing = label_smoothing / np.float32(prediction.shape[1])
    largest, log_rest = log_sum_exp(prediction, row, lane, lanes)
    value, mass = np.float32(0), np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        y = target[row, t] - label_smoothing * target[row, t] + smoothing
        value += y * (largest - prediction[row, t] + log_rest)
        mass += y
    value, mass = sum_of_warp(value, lanes), sum_of_warp(mass, lanes)
    share = weight[row] / total[0]
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            y = target[row, t] - label_smoothing * target[row, t] + smoothing
            bits = largest - prediction[row, t] + log_rest
            dprediction[row, t] = share * (mass * math.exp(-bits) - y)
        if lane == 0:
            loss[row] = value


@twin(reference.categorical_crossentropy_from_logits)
def categorical_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, label_smoothing
):
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_categorical_logits, *arrays, FLOAT(label_smoothing))
