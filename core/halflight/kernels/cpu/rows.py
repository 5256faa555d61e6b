"""What the losses share: rows in fixed blocks, which run in parallel, and sums over one row.

Every loss writes `loss` (n,), each row's own unweighted value, and `dprediction` (n, k), the
gradient of sum_i weight_i loss_i / sum_i weight_i by the prediction. Rows are samples, or samples
times positions. `weight` (n,) must be neither negative nor zero throughout (which gives NaN).
"""

import math

import numpy as np

from .. import loss_formulas
from .compiler import compiled

ROWS = 256  # in a block: enough work for a thread, and few enough to divide an image among all
_EPSILON, _ALMOST_ONE = loss_formulas.EPSILON, loss_formulas.ALMOST_ONE


@compiled()
def block_count(rows):  # type: ignore
    """Blocks that cover so many rows."""
    return (rows + ROWS - 1) // ROWS


@compiled()
def block_bounds(block, rows):  # type: ignore
    """First row of a block, and the one after its last."""
    return block * ROWS, min((block + 1) * ROWS, rows)


@compiled()
def inverse_sum(weight):  # type: ignore
    """1 / sum of the weights, summed in float64."""
    total = 0.0
    for w in weight:
        total += np.float64(w)
    return np.float32(1.0 / total)


@compiled()
def row_sum(row):  # type: ignore
    """Sum of a row."""
    total = np.float32(0)
    for x in row:
        total += x
    return total


@compiled()
def clipped(p):  # type: ignore
    """A probability kept in [1e-7, 1 - 1e-7]; NaN stays NaN."""
    return _EPSILON if p < _EPSILON else (_ALMOST_ONE if p > _ALMOST_ONE else p)


@compiled()
def log_sum_exp(row):  # type: ignore
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
