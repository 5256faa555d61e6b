"""Losses of margins: what `loss_rows` says, for scores and labels of -1 or 1 (0 counts as -1)."""

import numpy as np

from .. import loss_formulas
from ..contract import twin
from ..formulas import ONE, ZERO, is_extremum, maximum
from ..reference import margin as reference
from .arrays import FLOAT
from .loops.blocks import sum_of_warp
from .loops.loss_rows import of_pairs, over_loss
from .loops.rows import largest_of_warp, row_here
from .machine.compiler import Kernel

_LOWEST = FLOAT(-np.inf)

hinge = of_pairs(reference.hinge, loss_formulas.hinge)
squared_hinge = of_pairs(reference.squared_hinge, loss_formulas.squared_hinge)
exponential_margin = of_pairs(reference.exponential_margin, loss_formulas.exponential_margin)


@Kernel
def _categorical_hinge(loss, dprediction, prediction, target, weight, total, lanes):
    row, lane, stored = row_here(loss.size, lanes)
    worst, right = _LOWEST, np.float32(0)
    for t in range(lane, prediction.shape[1], lanes):
        worst = maximum((ONE - target[row, t]) * prediction[row, t], worst)
        right += target[row, t] * prediction[row, t]
    worst, right = largest_of_warp(worst, lanes), sum_of_warp(right, lanes)
    peak = _LOWEST  # minus the number of the first of the worst: exact up to 2^24
    for t in range(lane, prediction.shape[1], lanes):
        if is_extremum((ONE - target[row, t]) * prediction[row, t], worst):
            peak = maximum(peak, -np.float32(t))
    peak = largest_of_warp(peak, lanes)
    margin = ONE + worst - right
    share = weight[row] / total[0]
    if stored:
        for t in range(lane, prediction.shape[1], lanes):
            push = (ONE - target[row, t] if -np.float32(t) == peak else ZERO) - target[row, t]
            dprediction[row, t] = ZERO if margin <= ZERO else share * push
        if lane == 0:
            loss[row] = ZERO if margin <= ZERO else margin


@twin(reference.categorical_hinge)
def categorical_hinge(loss, dprediction, prediction, target, weight):
    over_loss(_categorical_hinge, loss, dprediction, prediction, target, weight)
