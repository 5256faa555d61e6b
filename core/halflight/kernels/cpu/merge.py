"""Merging two arrays of one shape; in place too."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import merge as reference
from .loops.blocks import block_bounds, block_count
from .loops.maps import mapped
from .machine.compiler import compiled

_is_extremum = compiled()(formulas.is_extremum)

add_forward = mapped(reference.add_forward, formulas.add)
subtract_forward = mapped(reference.subtract_forward, formulas.subtract)
multiply_forward = mapped(reference.multiply_forward, formulas.multiply)
maximum_forward = mapped(reference.maximum_forward, formulas.maximum)
minimum_forward = mapped(reference.minimum_forward, formulas.minimum)


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
