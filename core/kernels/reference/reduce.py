"""Reductions of an array of any shape to one number."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "all_finite",
    "sum_of_squares",
]


@checked(FLOAT)
def sum_of_squares(out: Array, x: Array) -> None:
    """out (1,) = sum of x^2."""
    out[0] = np.sum(x * x)


@checked(FLOAT)
def all_finite(out: Array, x: Array) -> None:
    """out (1,) = 1 if no element is NaN or infinite, else 0."""
    out[0] = np.isfinite(x).all()
