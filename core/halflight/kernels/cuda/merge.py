"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import cuda

from ..contract import checked
from ..formulas import is_extremum, maximum, minimum
from .arrays import FLOAT, Array, flat
from .compiler import Kernel

__all__ = [
    "add_forward",
    "extremum_backward",
    "maximum_forward",
    "minimum_forward",
    "multiply_forward",
    "subtract_forward",
]


@Kernel
def _add(y, a, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] + b[i]


@checked(FLOAT)
def add_forward(y: Array, a: Array, b: Array) -> None:
    """y = a + b."""
    _add.over(y.size, *flat(y, a, b))


@Kernel
def _subtract(y, a, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] - b[i]


@checked(FLOAT)
def subtract_forward(y: Array, a: Array, b: Array) -> None:
    """y = a - b."""
    _subtract.over(y.size, *flat(y, a, b))


@Kernel
def _multiply(y, a, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] * b[i]


@checked(FLOAT)
def multiply_forward(y: Array, a: Array, b: Array) -> None:
    """y = a b."""
    _multiply.over(y.size, *flat(y, a, b))


@Kernel
def _maximum(y, a, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = maximum(a[i], b[i])


@checked(FLOAT)
def maximum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the larger of a and b; NaN where either is."""
    _maximum.over(y.size, *flat(y, a, b))


@Kernel
def _minimum(y, a, b):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = minimum(a[i], b[i])


@checked(FLOAT)
def minimum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the smaller of a and b; NaN where either is."""
    _minimum.over(y.size, *flat(y, a, b))


@Kernel
def _extremum(dx, dy, x, y):  # type: ignore
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        gradient, wins = dy[i], is_extremum(x[i], y[i])
        dx[i] = gradient if wins else np.float32(0)
        dy[i] = np.float32(0) if wins else gradient


@checked(FLOAT)
def extremum_backward(dx: Array, dy: Array, x: Array, y: Array) -> None:
    """dx = dy where x is the maximum or minimum y (or NaN), else 0; dy becomes 0 where x took it.

    Called for one input after another, so that the first of equal inputs gets the gradient.
    """
    _extremum.over(dx.size, *flat(dx, dy, x, y))
