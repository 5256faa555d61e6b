"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "add_forward",
    "extremum_backward",
    "maximum_forward",
    "minimum_forward",
    "multiply_forward",
    "subtract_forward",
]

_maximum = compiled()(formulas.maximum)
_minimum = compiled()(formulas.minimum)
_is_extremum = compiled()(formulas.is_extremum)


@compiled(parallel=True)
def _add_forward(y, a, b):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] + b[i]


@checked(FLOAT)
def add_forward(y: Array, a: Array, b: Array) -> None:
    """y = a + b."""
    _add_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _subtract_forward(y, a, b):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] - b[i]


@checked(FLOAT)
def subtract_forward(y: Array, a: Array, b: Array) -> None:
    """y = a - b."""
    _subtract_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _multiply_forward(y, a, b):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] * b[i]


@checked(FLOAT)
def multiply_forward(y: Array, a: Array, b: Array) -> None:
    """y = a b."""
    _multiply_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _maximum_forward(y, a, b):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _maximum(a[i], b[i])


@checked(FLOAT)
def maximum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the larger of a and b; NaN where either is."""
    _maximum_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _minimum_forward(y, a, b):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _minimum(a[i], b[i])


@checked(FLOAT)
def minimum_forward(y: Array, a: Array, b: Array) -> None:
    """y = the smaller of a and b; NaN where either is."""
    _minimum_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _extremum_backward(dx, dy, x, y):  # type: ignore
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            gradient, wins = dy[i], _is_extremum(x[i], y[i])
            dx[i] = gradient if wins else np.float32(0)
            dy[i] = np.float32(0) if wins else gradient


@checked(FLOAT)
def extremum_backward(dx: Array, dy: Array, x: Array, y: Array) -> None:
    """dx = dy where x is the maximum or minimum y (or NaN), else 0; dy becomes 0 where x took it.

    Called for one input after another, so that the first of equal inputs gets the gradient.
    """
    _extremum_backward(dx.reshape(-1), dy.reshape(-1), x.reshape(-1), y.reshape(-1))
