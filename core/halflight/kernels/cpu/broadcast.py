"""Broadcasting: an array repeated along its axes of length 1, and the sums back."""

import math

import numpy as np
from numba import prange
from numpy.lib.stride_tricks import as_strided

from ..contract import twin
from ..geometry import merged_axes
from ..reference import broadcast as reference
from .layout import copy_to_axes
from .machine.compiler import compiled
from .machine.scratch import scratch


@twin(reference.broadcast_to)
def broadcast_to(y, x):
    small, large = merged_axes(x.shape, y.shape)
    x = x.reshape(small)
    steps = tuple(0 if n == 1 else step for n, step in zip(small, x.strides, strict=True))
    copy_to_axes(y.reshape(large), as_strided(x, large, steps))


@compiled(parallel=True)
def _sum_rows(sums, x):
    for row in prange(len(x)):
        total = 0.0
        for i in range(x.shape[1]):
            total += x[row, i]
        sums[row] = np.float32(total)


@twin(reference.sum_to)
def sum_to(dx, dy):
    small, large = merged_axes(dx.shape, dy.shape)
    dy = dy.reshape(large)
    kept = [axis for axis, n in enumerate(small) if n > 1 or large[axis] == 1]
    axes = (*kept, *(axis for axis in range(len(small)) if axis not in kept))
    ordered = scratch("summed", *(large[axis] for axis in axes))
    copy_to_axes(ordered, dy.transpose(axes))
    _sum_rows(dx.reshape(-1), ordered.reshape(dx.size, math.prod(large) // dx.size))
