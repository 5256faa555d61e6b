"""Reductions of an array of any shape to one number."""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(out="1", x="...")
def sum_of_squares(out: Array, x: Array) -> None:
    """out (1,) = sum of x^2."""
    out[0] = np.sum(x * x)


@kernel(finite="1", x="...")
def keep_finite(finite: Array, x: Array) -> None:
    """finite (1,) = 0 if an element of x is NaN or infinite; else it stays as it is."""
    if not np.isfinite(x).all():
        finite[0] = 0
