"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import merge as reference
from .loops.blocks import block_bounds, block_count
from .machine.compiler import compiled

_maximum = compiled()(formulas.maximum)
_minimum = compiled()(formulas.minimum)
_is_extremum = compiled()(formulas.is_extremum)


@compiled(parallel=True)
def _add_forward(y, a, b):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] + b[i]


@twin(reference.add_forward)
def add_forward(y, a, b):
    _add_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _subtract_forward(y, a, b):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] - b[i]


@twin(reference.subtract_forward)
def subtract_forward(y, a, b):
    _subtract_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _multiply_forward(y, a, b):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = a[i] * b[i]


@twin(reference.multiply_forward)
def multiply_forward(y, a, b):
    _multiply_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _maximum_forward(y, a, b):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _maximum(a[i], b[i])


@twin(reference.maximum_forward)
def maximum_forward(y, a, b):
    _maximum_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _minimum_forward(y, a, b):
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = _minimum(a[i], b[i])


@twin(reference.minimum_forward)
def minimum_forward(y, a, b):
    _minimum_forward(y.reshape(-1), a.reshape(-1), b.reshape(-1))


@compiled(parallel=True)
def _extremum_backward(dx, dy, x, y):
    for block in prange(block_count(dx.size)):
        start, stop = block_bounds(block, dx.size)
        for i in range(start, stop):
            gradient, wins = dy[i], _is_extremum(x[i], y[i])
            dx[i] = gradient if wins else np.float32(0)
            dy[i] = np.float32(0) if wins else gradient


@twin(reference.extremum_backward)
def extremum_backward(dx, dy, x, y):
    _extremum_backward(dx.reshape(-1), dy.reshape(-1), x.reshape(-1), y.reshape(-1))
