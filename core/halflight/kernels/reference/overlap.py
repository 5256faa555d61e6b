"""Losses of overlap: all rows together have one value, which every row is given."""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .rows import ROWS


@kernel(**ROWS)
def tversky(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    alpha: float,
    beta: float,
    epsilon: float,
) -> None:
    """loss = 1 - I / (I + alpha F + beta M + epsilon), the same in every row.

    I = sum of weight target prediction, F = of weight (1 - target) prediction, what is found
    falsely, and M = of weight target (1 - prediction), what is missed: Salehi et al. 2017, eq. 4.
    """
    w = weight[:, np.newaxis]
    both = float((w * target * prediction).sum())
    false = float((w * (1.0 - target) * prediction).sum())
    missed = float((w * target * (1.0 - prediction)).sum())
    whole = both + alpha * false + beta * missed + epsilon
    loss[...] = 1.0 - both / whole
    rise = target + alpha * (1.0 - target) - beta * target
    dprediction[...] = w * (both / whole * rise - target) / whole
