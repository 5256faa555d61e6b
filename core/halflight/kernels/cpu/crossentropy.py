"""Cross-entropies of probabilities and of logits: what `loss_rows` says, summed over classes.

See the reference for clipping and smoothing; softmax and sigmoid are fused with the logarithm.
"""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import crossentropy as reference
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

_ZERO, _ONE = formulas.ZERO, formulas.ONE

binary_crossentropy = of_pairs(
    reference.binary_crossentropy, loss_formulas.smoothed_binary_crossentropy
)
binary_crossentropy_from_logits = of_pairs(
    reference.binary_crossentropy_from_logits,
    loss_formulas.smoothed_binary_crossentropy_from_logits,
)


@compiled(parallel=True)
def _categorical(loss, dprediction, prediction, target, weight, label_smoothing):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            sum_inverse = _ONE / row_sum(prediction[i])
            value, pull = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                p = prediction[i, t] * sum_inverse
                q = clipped(p)
                value -= y * math.log(q)
                slope = _ZERO if q != p and p == p else y
                pull += slope
                dprediction[i, t] = -slope / q
            share = weight[i] * inverse * sum_inverse
            for t in range(prediction.shape[1]):
                dprediction[i, t] = share * (pull + dprediction[i, t])
            loss[i] = value


@twin(reference.categorical_crossentropy)
def categorical_crossentropy(loss, dprediction, prediction, target, weight, label_smoothing):
    _categorical(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))


@compiled(parallel=True)
def _categorical_logits(loss, dprediction, prediction, target, weight, label_smoothing):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            smoothing = label_smoothing / np.float32(prediction.shape[1])
            largest, log_rest = log_sum_exp(prediction[i])
            value, mass = np.float32(0), np.float32(0)
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                bits = largest - prediction[i, t] + log_rest
                value += y * bits
                mass += y
                dprediction[i, t] = math.exp(-bits)
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                y = target[i, t] - label_smoothing * target[i, t] + smoothing
                dprediction[i, t] = share * (mass * dprediction[i, t] - y)
            loss[i] = value


@twin(reference.categorical_crossentropy_from_logits)
def categorical_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, label_smoothing
):
    _categorical_logits(loss, dprediction, prediction, target, weight, FLOAT(label_smoothing))
