"""Losses of overlap: a thread adds a row up, and warps add the rows."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import ONE
from ..reference import overlap as reference
from .arrays import FLOAT
from .broadcast import sum_to
from .machine.compiler import Kernel
from .machine.scratch import scratch


@Kernel
def _row_sums(parts, prediction, target, weight):
    for i in range(cuda.grid(1), weight.size, cuda.gridsize(1)):
        both, false, missed = np.float32(0), np.float32(0), np.float32(0)
        for t in range(prediction.shape[1]):
            y, p = target[i, t], prediction[i, t]
            both += y * p
            false += (ONE - y) * p
            missed += y * (ONE - p)
        parts[0, i] = weight[i] * both
        parts[1, i] = weight[i] * false
        parts[2, i] = weight[i] * missed


@Kernel
def _slopes(loss, dprediction, target, weight, totals, alpha, beta, epsilon):
    both = totals[0, 0]
    whole = both + alpha * totals[1, 0] + beta * totals[2, 0] + epsilon
    for i in range(cuda.grid(1), weight.size, cuda.gridsize(1)):
        loss[i] = ONE - both / whole
        for t in range(dprediction.shape[1]):
            y = target[i, t]
            rise = y + alpha * (ONE - y) - beta * y
            dprediction[i, t] = weight[i] * (both / whole * rise - y) / whole


@twin(reference.tversky)
def tversky(loss, dprediction, prediction, target, weight, alpha, beta, epsilon):
    rows = weight.size
    parts = scratch("overlap of rows", 3 * rows).reshape((3, rows))
    totals = scratch("overlap", 3).reshape((3, 1))
    _row_sums.over(rows, parts, prediction, target, weight)
    sum_to(totals, parts)
    constants = (FLOAT(alpha), FLOAT(beta), FLOAT(epsilon))
    _slopes.over(rows, loss, dprediction, target, weight, totals, *constants)
