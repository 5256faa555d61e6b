"""Broadcasting: an array repeated along its axes of length 1, and the sums back."""

import math

import numpy as np

from ..contract import twin
from ..geometry import merged_axes
from ..reference import broadcast as reference
from .arrays import flat
from .layout import gather_axes
from .loops.blocks import sum_of_warp
from .loops.rows import WARP, over_rows, row_here
from .machine.compiler import Kernel
from .machine.scratch import scratch


@twin(reference.broadcast_to)
def broadcast_to(y, x):
    small, large = merged_axes(tuple(x.shape), tuple(y.shape))
    steps = tuple(0 if n == 1 else math.prod(small[axis + 1 :]) for axis, n in enumerate(small))
    gather_axes(y, large, x, steps)


@Kernel
def _sum_rows(sums, x, count):
    row, lane, stored = row_here(sums.size)
    total = np.float32(0)
    for i in range(lane, count, WARP):
        total += x[row * count + i]
    total = sum_of_warp(total)
    if stored and lane == 0:
        sums[row] = total


@twin(reference.sum_to)
def sum_to(dx, dy):
    small, large = merged_axes(tuple(dx.shape), tuple(dy.shape))
    kept = [axis for axis, n in enumerate(small) if n > 1 or large[axis] == 1]
    axes = (*kept, *(axis for axis in range(len(small)) if axis not in kept))
    ordered = scratch("summed", dy.size)
    steps = tuple(math.prod(large[axis + 1 :]) for axis in axes)
    gather_axes(ordered, tuple(large[axis] for axis in axes), dy, steps)
    over_rows(_sum_rows, dx.size, *flat(dx), ordered, dy.size // dx.size)
