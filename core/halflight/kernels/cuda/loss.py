"""Losses of regression: what `loss_rows` says, for predictions and targets of t values a row."""

import math

import numpy as np

from .. import loss_formulas
from ..contract import twin
from ..formulas import ZERO
from ..loss_formulas import EPSILON
from ..reference import loss as reference
from .loops.blocks import sum_of_warp
from .loops.loss_rows import of_pairs, over_loss
from .loops.rows import row_here
from .machine.compiler import Kernel

mean_squared_error = of_pairs(reference.mean_squared_error, loss_formulas.squared_error)
mean_absolute_error = of_pairs(reference.mean_absolute_error, loss_formulas.absolute_error)
mean_absolute_percentage_error = of_pairs(
    reference.mean_absolute_percentage_error, loss_formulas.absolute_percentage_error
)
mean_squared_logarithmic_error = of_pairs(
    reference.mean_squared_logarithmic_error, loss_formulas.squared_logarithmic_error
)
huber = of_pairs(reference.huber, loss_formulas.huber)
log_cosh = of_pairs(reference.log_cosh, loss_formulas.log_cosh)


def _norm(x, row, lane, lanes):
    """Euclidean norm of a row."""
    total = np.float32(0)
    for t in range(lane, x.shape[1], lanes):
        total += x[row, t] * x[row, t]
    return math.sqrt(sum_of_warp(total, lanes))


@Kernel
def _cosine_similarity(loss, dprediction, prediction, target, weight, total, lanes):
    row, lane, stored = row_here(loss.size, lanes)
    length, size = _norm(prediction, row, lane, lanes), _norm(target, row, lane, lanes)
    norm = EPSILON if length < EPSILON else length
    size = EPSILON if size < EPSILON else size
    cosine = np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        cosine += prediction[row, t] / norm * (target[row, t] / size)
    cosine = sum_of_warp(cosine, lanes)
    along = ZERO if length < EPSILON else cosine
    share = weight[row] / total[0] / norm
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            across = along * (prediction[row, t] / norm) - target[row, t] / size
            dprediction[row, t] = share * across
        if lane == 0:
            loss[row] = -cosine


@twin(reference.cosine_similarity)
def cosine_similarity(loss, dprediction, prediction, target, weight):
    over_loss(_cosine_similarity, loss, dprediction, prediction, target, weight)
