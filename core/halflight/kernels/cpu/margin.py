"""Losses of margins: what `loss_rows` says, for scores and labels of -1 or 1 (0 counts as -1)."""

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import margin as reference
from .arrays import FLOAT
from .loops.loss_rows import block_bounds, block_count, inverse_sum, of_pairs
from .machine.compiler import compiled

_ZERO, _ONE, _INFINITY = formulas.ZERO, formulas.ONE, FLOAT(np.inf)

hinge = of_pairs(reference.hinge, loss_formulas.hinge)
squared_hinge = of_pairs(reference.squared_hinge, loss_formulas.squared_hinge)
exponential_margin = of_pairs(reference.exponential_margin, loss_formulas.exponential_margin)


@compiled(parallel=True)
def _categorical_hinge(loss, dprediction, prediction, target, weight):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            peak, worst, right = 0, -_INFINITY, np.float32(0)
            for t in range(prediction.shape[1]):
                score = (_ONE - target[i, t]) * prediction[i, t]
                right += target[i, t] * prediction[i, t]
                if score > worst or score != score:  # NaN is the largest, and stays it
                    peak, worst = t, score
            margin = _ONE + worst - right
            share = weight[i] * inverse
            for t in range(prediction.shape[1]):
                push = (_ONE - target[i, t] if t == peak else _ZERO) - target[i, t]
                dprediction[i, t] = _ZERO if margin <= _ZERO else share * push
            loss[i] = _ZERO if margin <= _ZERO else margin


@twin(reference.categorical_hinge)
def categorical_hinge(loss, dprediction, prediction, target, weight):
    _categorical_hinge(loss, dprediction, prediction, target, weight)
