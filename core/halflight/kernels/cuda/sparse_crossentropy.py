"""Cross-entropies of a class named by its number: those of `crossentropy` for one-hot targets."""

import math

import numpy as np

from ..contract import twin
from ..formulas import ONE, ZERO
from ..loss_formulas import EPSILON
from ..reference import sparse_crossentropy as reference
from .arrays import FLOAT
from .loops.loss_rows import clipped, log_sum_exp, over_loss, sum_of_row
from .loops.rows import row_here
from .machine.compiler import Kernel

_NAN = FLOAT(np.nan)


def _class_of(label, classes, ignore_class):
    """The class that a label names, or 0; whether it counts; what stands for the row if not."""
    named = label >= ZERO and label < np.float32(classes)
    ignored = label == ignore_class
    return np.int64(label) if named else 0, named and not ignored, ZERO if ignored else _NAN


@Kernel
def _sparse_categorical(loss, dprediction, prediction, target, weight, total, lanes, ignore_class):
    row, lane, stored = row_here(loss.size, lanes)
    label, counts, other = _class_of(target[row, 0], prediction.shape[1], ignore_class)
    sum_inverse = ONE / sum_of_row(prediction, row, lane, lanes)
    p = prediction[row, label] * sum_inverse
    q = clipped(p)
    slope = ZERO if q != p and p == p else weight[row] / total[0] * sum_inverse
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            gradient = slope - slope / q if t == label else slope
            dprediction[row, t] = gradient if counts else other
        if lane == 0:
            loss[row] = -math.log(q) if counts else other


@twin(reference.sparse_categorical_crossentropy)
def sparse_categorical_crossentropy(loss, dprediction, prediction, target, weight, ignore_class):
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_sparse_categorical, *arrays, FLOAT(ignore_class))


@Kernel
def _sparse_categorical_logits(
    loss, dprediction, prediction, target, weight, total, lanes, ignore_class
):
    row, lane, stored = row_here(loss.size, lanes)
    label, counts, other = _class_of(target[row, 0], prediction.shape[1], ignore_class)
    share = weight[row] / total[0]
    largest, log_rest = log_sum_exp(prediction, row, lane, lanes)
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            bits = largest - prediction[row, t] + log_rest
            gradient = share * (math.expm1(-bits) if t == label else math.exp(-bits))
            dprediction[row, t] = gradient if counts else other
        if lane == 0:
            loss[row] = largest - prediction[row, label] + log_rest if counts else other


@twin(reference.sparse_categorical_crossentropy_from_logits)
def sparse_categorical_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, ignore_class
):
    arrays = (loss, dprediction, prediction, target, weight)
    over_loss(_sparse_categorical_logits, *arrays, FLOAT(ignore_class))


@Kernel
def _generalized(loss, dprediction, prediction, target, weight, total, lanes, q):
    row, lane, stored = row_here(loss.size, lanes)
    label, counts, other = _class_of(target[row, 0], prediction.shape[1], _NAN)
    p = prediction[row, label]
    kept = EPSILON if p < EPSILON else p
    power = math.exp(q * math.log(kept))
    slope = ONE if q == ONE else math.exp((q - ONE) * math.log(kept))
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            gradient = -(weight[row] / total[0]) * slope if t == label else ZERO
            dprediction[row, t] = gradient if counts else other
        if lane == 0:
            loss[row] = (ONE - power) / q if counts else other


@twin(reference.generalized_crossentropy)
def generalized_crossentropy(loss, dprediction, prediction, target, weight, q):
    over_loss(_generalized, loss, dprediction, prediction, target, weight, FLOAT(q))
