"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import is_extremum, maximum, minimum
from ..reference import merge as reference
from .arrays import flat
from .machine.compiler import Kernel


@Kernel
def _add(y, a, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] + b[i]


@twin(reference.add_forward)
def add_forward(y, a, b):
    _add.over(y.size, *flat(y, a, b))


@Kernel
def _subtract(y, a, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] - b[i]


@twin(reference.subtract_forward)
def subtract_forward(y, a, b):
    _subtract.over(y.size, *flat(y, a, b))


@Kernel
def _multiply(y, a, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = a[i] * b[i]


@twin(reference.multiply_forward)
def multiply_forward(y, a, b):
    _multiply.over(y.size, *flat(y, a, b))


@Kernel
def _maximum(y, a, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = maximum(a[i], b[i])


@twin(reference.maximum_forward)
def maximum_forward(y, a, b):
    _maximum.over(y.size, *flat(y, a, b))


@Kernel
def _minimum(y, a, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = minimum(a[i], b[i])


@twin(reference.minimum_forward)
def minimum_forward(y, a, b):
    _minimum.over(y.size, *flat(y, a, b))


@Kernel
def _extremum(dx, dy, x, y):
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        gradient, wins = dy[i], is_extremum(x[i], y[i])
        dx[i] = gradient if wins else np.float32(0)
        dy[i] = np.float32(0) if wins else gradient


@twin(reference.extremum_backward)
def extremum_backward(dx, dy, x, y):
    _extremum.over(dx.size, *flat(dx, dy, x, y))
