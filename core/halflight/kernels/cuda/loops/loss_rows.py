"""What the losses share: a few lanes of a warp for each row, and sums along it.

Every loss writes `loss` (n,), each row's own unweighted value, and `dprediction` (n, k), the
gradient of sum_i weight_i loss_i / sum_i weight_i by the prediction. Rows are samples, or samples
times positions. `weight` (n,) must be neither negative nor zero throughout (which gives NaN).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import loss_formulas
from ...contract import Function, arrays_of, twin_from
from ...formulas import ONE, ZERO, maximum
from ...loss_formulas import ALMOST_ONE, EPSILON
from ..arrays import FLOAT, Array
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from ..reduce import sum_of
from .blocks import sum_of_warp
from .rows import lanes_for, largest_of_warp, over_rows, row_here

_LOWEST = np.float32(-np.inf)


def over_loss(
    kernel: Kernel,
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    *constants: Any,
) -> None:
    """Launch a kernel of these arrays, the sum of the weights (1,), the lanes and the constants."""
    total, lanes = scratch("sum of weights", 1), lanes_for(prediction.shape[1])
    sum_of(total, weight)
    arrays = (loss, dprediction, prediction, target, weight, total)
    over_rows(kernel, loss.size, *arrays, lanes, *constants, lanes=lanes)


def clipped(p):
    """A probability kept in [1e-7, 1 - 1e-7]; NaN stays NaN."""
    return EPSILON if p < EPSILON else (ALMOST_ONE if p > ALMOST_ONE else p)


def sum_of_row(x, row, lane, lanes):
    """Sum of a row, for each of its lanes."""
    total = np.float32(0)
    for t in range(lane, x.shape[1], lanes):
        total += x[row, t]
    return sum_of_warp(total, lanes)


def log_sum_exp(x, row, lane, lanes):
    """The largest element m, and log(sum exp(x - m)), exact where all others are far below.

    An infinite m gives NaN, as does any NaN.
    """
    largest = _LOWEST
    for t in range(lane, x.shape[1], lanes):
        largest = maximum(x[row, t], largest)
    largest = largest_of_warp(largest, lanes)
    rest, peaks = np.float32(0), np.float32(0)
    for t in range(lane, x.shape[1], lanes):
        if x[row, t] == largest:
            peaks += ONE
        else:
            rest += math.exp(x[row, t] - largest)
    rest, peaks = sum_of_warp(rest, lanes), sum_of_warp(peaks, lanes)
    return largest, math.log1p((largest - largest) + (peaks - ONE) + rest)


def _of_pairs(loss, dprediction, prediction, target, weight, total, lanes, parts, constants):
    """loss = sum over t of pair(p, t, constants...), its value and its slope, / parts."""
    row, lane, stored = row_here(loss.size, lanes)
    share, value = weight[row] / total[0] / parts, ZERO
    for t in range(lane, prediction.shape[1], lanes):
        one, slope = pair(prediction[row, t], target[row, t], *constants)  # noqa: F821 (a constant)
        value += one
        if stored:
            dprediction[row, t] = share * slope
    value = sum_of_warp(value, lanes)
    if stored and lane == 0:
        loss[row] = value / parts


def of_pairs(definition: Function, pair: Callable[..., Any], mean: bool = True) -> Function:
    """The twin of a loss of the reference: the mean over t, or else the sum, of a loss formula.

    The formula gets a prediction, a target and the definition's other parameters. It must be in
    loss_formulas.py: the cache of machine code follows the imports of this file.
    """
    if pair.__module__ != loss_formulas.__name__:
        raise ValueError(f"of_pairs: {pair.__qualname__} is not in {loss_formulas.__name__}")
    count = len(arrays_of(definition))
    kernel = Kernel(_of_pairs, pair=pair)

    def run(*given: Any) -> None:
        arrays, constants = given[:count], tuple(FLOAT(value) for value in given[count:])
        parts = FLOAT(given[2].shape[1] if mean else 1)
        over_loss(kernel, *arrays, parts, constants)

    return twin_from(definition, run)
