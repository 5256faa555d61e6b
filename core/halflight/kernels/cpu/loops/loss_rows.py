"""What the losses share: rows in fixed blocks, which run in parallel, and sums over one row.

Every loss writes `loss` (n,), each row's own unweighted value, and `dprediction` (n, k), the
gradient of sum_i weight_i loss_i / sum_i weight_i by the prediction. Rows are samples, or samples
times positions. `weight` (n,) must be neither negative nor zero throughout (which gives NaN).
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange

from ... import loss_formulas
from ...compilation import with_globals
from ...contract import Function, arrays_of, twin_from
from ..arrays import FLOAT
from ..machine.compiler import compiled

LOOPS: dict[str, Any] = {}
"""Every compiled loop of a loss formula, by the formula's name."""

ROWS = 256  # in a block: enough work for a thread, and few enough to divide an image among all
_EPSILON, _ALMOST_ONE = loss_formulas.EPSILON, loss_formulas.ALMOST_ONE


@compiled()
def block_count(rows):
    """Blocks that cover so many rows."""
    return (rows + ROWS - 1) // ROWS


@compiled()
def block_bounds(block, rows):
    """First row of a block, and the one after its last."""
    return block * ROWS, min((block + 1) * ROWS, rows)


@compiled()
def inverse_sum(weight):
    """1 / sum of the weights, summed in float64."""
    total = 0.0
    for w in weight:
        total += np.float64(w)
    return np.float32(1.0 / total)


@compiled()
def row_sum(row):
    """Sum of a row."""
    total = np.float32(0)
    for x in row:
        total += x
    return total


@compiled()
def clipped(p):
    """A probability kept in [1e-7, 1 - 1e-7]; NaN stays NaN."""
    return _EPSILON if p < _EPSILON else (_ALMOST_ONE if p > _ALMOST_ONE else p)


@compiled()
def log_sum_exp(row):
    """The largest element m, and log(sum exp(x - m)), exact where all others are far below.

    An infinite m gives NaN, as does any NaN.
    """
    peak = 0
    for t in range(row.size):
        if row[t] > row[peak]:
            peak = t
    rest = row[peak] - row[peak]
    for t in range(row.size):
        if t != peak:
            rest += math.exp(row[t] - row[peak])
    return row[peak], math.log1p(rest)


def _of_pairs(loss, dprediction, prediction, target, weight, mean, constants):
    """loss = mean over t, or else the sum, of pair(p, t, constants...): its value and its slope."""
    parts = np.float32(prediction.shape[1] if mean else 1)
    inverse = inverse_sum(weight) / parts
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            share, total = weight[i] * inverse, np.float32(0)
            for t in range(prediction.shape[1]):
                value, slope = pair(prediction[i, t], target[i, t], *constants)  # noqa: F821
                dprediction[i, t] = share * slope
                total += value
            loss[i] = total / parts


@functools.cache
def _loop(pair: Callable[..., Any]) -> Any:
    own = with_globals(_of_pairs, f"pairs_{pair.__name__}", pair=compiled()(pair))
    loop = LOOPS[pair.__name__] = compiled(parallel=True)(own)
    return loop


def of_pairs(definition: Function, pair: Callable[..., Any], mean: bool = True) -> Function:
    """The twin of a loss of the reference: the mean over t, or else the sum, of a loss formula.

    The formula gets a prediction, a target and the definition's other parameters. It must be in
    loss_formulas.py: the cache of machine code follows the imports of this file.
    """
    if pair.__module__ != loss_formulas.__name__:
        raise ValueError(f"of_pairs: {pair.__qualname__} is not in {loss_formulas.__name__}")
    count, loop = len(arrays_of(definition)), _loop(pair)

    def run(*given: Any) -> None:
        loop(*given[:count], mean, tuple(map(FLOAT, given[count:])))

    return twin_from(definition, run)
