"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import cuda

from .. import formulas
from ..contract import twin
from ..formulas import is_extremum
from ..reference import merge as reference
from .arrays import flat
from .loops.maps import mapped
from .machine.compiler import Kernel

add_forward = mapped(reference.add_forward, formulas.add)
subtract_forward = mapped(reference.subtract_forward, formulas.subtract)
multiply_forward = mapped(reference.multiply_forward, formulas.multiply)
maximum_forward = mapped(reference.maximum_forward, formulas.maximum)
minimum_forward = mapped(reference.minimum_forward, formulas.minimum)


@Kernel
def _extremum(dx, dy, x, y):
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        gradient, wins = dy[i], is_extremum(x[i], y[i])
        dx[i] = gradient if wins else np.float32(0)
        dy[i] = np.float32(0) if wins else gradient


@twin(reference.extremum_backward)
def extremum_backward(dx, dy, x, y):
    _extremum.over(dx.size, *flat(dx, dy, x, y))
