"""Merging two arrays of one shape, by definition; in place too."""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(y="...", a="...", b="...")
def add_forward(y: Array, a: Array, b: Array) -> None:
    """y = a + b."""
    y[...] = a + b


@kernel(y="...", a="...", b="...")
def subtract_forward(y: Array, a: Array, b: Array) -> None:
    """y = a - b."""
    y[...] = a - b


@kernel(y="...", a="...", b="...")
def multiply_forward(y: Array, a: Array, b: Array) -> None:
    """y = a b."""
    y[...] = a * b


@kernel(y="...", a="...", b="...")
def maximum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the larger of a and b; NaN where either is."""
    y[...] = np.maximum(a, b)


@kernel(y="...", a="...", b="...")
def minimum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the smaller of a and b; NaN where either is."""
    y[...] = np.minimum(a, b)


@kernel(dx="...", dy="...", x="...", y="...")
def extremum_backward(dx: Array, dy: Array, x: Array, y: Array) -> None:
    """dx = dy where x is the maximum or minimum y (or NaN), else 0; dy becomes 0 where x took it.

    Called for one input after another, so that the first of equal inputs gets the gradient.
    """
    wins = (x == y) | np.isnan(x)
    dx[...] = np.where(wins, dy, 0.0)
    dy[wins] = 0.0
