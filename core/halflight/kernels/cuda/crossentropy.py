"""Cross-entropies of probabilities and of logits: what `loss_rows` says, summed over classes.

See the reference for clipping and smoothing; softmax and sigmoid are fused with the logarithm.
"""

import math

import numpy as np

from .. import loss_formulas
from ..contract import checked
from ..formulas import HALF, ONE, ZERO
from ..reference import crossentropy as reference
from .arrays import FLOAT, Array
from .compiler import Kernel
from .loss_rows import clipped, log_sum_exp, of_pairs, over_loss, sum_of_row
from .rows import row_here, sum_of_warp

__all__ = [
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "categorical_crossentropy",
    "categorical_crossentropy_from_logits",
]

_binary = loss_formulas.binary_crossentropy
_binary_logits = loss_formulas.binary_crossentropy_from_logits


def _smoothed_binary(p, t, label_smoothing):  # type: ignore
    return _binary(p, t + label_smoothing * (HALF - t))


def _smoothed_binary_logits(p, t, label_smoothing):  # type: ignore
    return _binary_logits(p, t + label_smoothing * (HALF - t))


binary_crossentropy = of_pairs(reference.binary_crossentropy, _smoothed_binary)
binary_crossentropy_from_logits = of_pairs(
    reference.binary_crossentropy_from_logits, _smoothed_binary_logits
)


@Kernel
def _categorical(  # type: ignore
    loss, dprediction, prediction, target, weight, total, lanes, label_smoothing
):
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


@checked(FLOAT)
def categorical_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """loss = -sum over t of y log p, p = prediction / its sum, y = smoothed target."""
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_categorical, *arrays, FLOAT(label_smoothing))


@Kernel
def _categorical_logits(  # type: ignore
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


@checked(FLOAT)
def categorical_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """`categorical_crossentropy` of p = softmax(prediction), never clipped."""
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_categorical_logits, *arrays, FLOAT(label_smoothing))
