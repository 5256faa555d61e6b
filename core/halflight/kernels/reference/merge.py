"""Merging two arrays of one shape, by definition; in place too."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "add_forward",
    "extremum_backward",
    "maximum_forward",
    "minimum_forward",
    "multiply_forward",
    "subtract_forward",
]


@checked(FLOAT)
def add_forward(y: Array, a: Array, b: Array) -> None:
    """y = a + b."""
    y[...] = a + b


@checked(FLOAT)
def subtract_forward(y: Array, a: Array, b: Array) -> None:
    """y = a - b."""
    y[...] = a - b


@checked(FLOAT)
def multiply_forward(y: Array, a: Array, b: Array) -> None:
    """y = a b."""
    y[...] = a * b


@checked(FLOAT)
def maximum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the larger of a and b; NaN where either is."""
    y[...] = np.maximum(a, b)


@checked(FLOAT)
def minimum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the smaller of a and b; NaN where either is."""
    y[...] = np.minimum(a, b)


@checked(FLOAT)
def extremum_backward(dx: Array, dy: Array, x: Array, y: Array) -> None:
    """dx = dy where x is the maximum or minimum y (or NaN), else 0; dy becomes 0 where x took it.

    Called for one input after another, so that the first of equal inputs gets the gradient.
    """
    wins = (x == y) | np.isnan(x)
    dx[...] = np.where(wins, dy, 0.0)
    dy[wins] = 0.0
