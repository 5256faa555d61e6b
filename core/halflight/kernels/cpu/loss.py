"""Losses of regression: what `loss_rows` says, for predictions and targets of t values a row."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import loss as reference
from .loops.loss_rows import block_bounds, block_count, inverse_sum, of_pairs
from .machine.compiler import compiled

_ZERO, _EPSILON = formulas.ZERO, loss_formulas.EPSILON

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


@compiled()
def _norm(row):
    """Euclidean norm."""
    total = np.float32(0)
    for x in row:
        total += x * x
    return math.sqrt(total)


@compiled(parallel=True)
def _cosine_similarity(loss, dprediction, prediction, target, weight):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            length, size = _norm(prediction[i]), _norm(target[i])
            norm = _EPSILON if length < _EPSILON else length
            size = _EPSILON if size < _EPSILON else size
            cosine = np.float32(0)
            for t in range(prediction.shape[1]):
                cosine += prediction[i, t] / norm * (target[i, t] / size)
            along = _ZERO if length < _EPSILON else cosine
            share = weight[i] * inverse / norm
            for t in range(prediction.shape[1]):
                across = along * (prediction[i, t] / norm) - target[i, t] / size
                dprediction[i, t] = share * across
            loss[i] = -cosine


@twin(reference.cosine_similarity)
def cosine_similarity(loss, dprediction, prediction, target, weight):
    _cosine_similarity(loss, dprediction, prediction, target, weight)
