"""Losses of overlap: sums in the order of the rows, in float64."""

import numpy as np

from .. import formulas
from ..contract import twin
from ..reference import overlap as reference
from .arrays import FLOAT
from .machine.compiler import compiled

_ONE = formulas.ONE


@compiled()
def _sum_overlap(prediction, target, weight, alpha, beta, epsilon):
    """The loss of the batch, the share that overlaps, and the inverse of what it is a share of."""
    both, false, missed = np.float64(0), np.float64(0), np.float64(0)
    for i in range(weight.size):
        for t in range(prediction.shape[1]):
            y, p = target[i, t], prediction[i, t]
            both += np.float64(weight[i] * y * p)
            false += np.float64(weight[i] * (_ONE - y) * p)
            missed += np.float64(weight[i] * y * (_ONE - p))
    whole = both + np.float64(alpha) * false + np.float64(beta) * missed + np.float64(epsilon)
    share = both / whole
    return np.float32(np.float64(1) - share), np.float32(share), np.float32(np.float64(1) / whole)


@compiled(entry=True)
def _tversky(loss, dprediction, prediction, target, weight, alpha, beta, epsilon):
    value, share, inverse = _sum_overlap(prediction, target, weight, alpha, beta, epsilon)
    for i in range(loss.size):
        loss[i] = value
        for t in range(prediction.shape[1]):
            y = target[i, t]
            rise = y + alpha * (_ONE - y) - beta * y
            dprediction[i, t] = weight[i] * (share * rise - y) * inverse


@twin(reference.tversky)
def tversky(loss, dprediction, prediction, target, weight, alpha, beta, epsilon):
    arrays = (loss, dprediction, prediction, target, weight)
    _tversky(*arrays, FLOAT(alpha), FLOAT(beta), FLOAT(epsilon))
