"""Reductions of an array of any shape to one number: blocks in parallel, then added in order."""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import reduce as reference
from .arrays import FLOAT, Array
from .loops.blocks import BLOCK, block_bounds, block_count
from .loops.sums import sum_of_products
from .machine.compiler import compiled
from .machine.scratch import scratch

_LARGEST = np.finfo(FLOAT).max


@compiled()
def _not_finite(x):
    count = 0
    for i in range(x.size):
        count += 0 if abs(x[i]) <= _LARGEST else 1
    return np.float32(count)


@compiled(parallel=True)
def _block_squares(partial, x):
    for block in prange(block_count(x.size)):
        start, stop = block_bounds(block, x.size)
        partial[block] = sum_of_products(x, x, start, stop - start)


@compiled(parallel=True)
def _block_not_finite(partial, x):
    for block in prange(block_count(x.size)):
        start, stop = block_bounds(block, x.size)
        partial[block] = _not_finite(x[start:stop])


def _partial(x: Array) -> Array:
    return scratch("partial", -(-x.size // BLOCK))


@twin(reference.sum_of_squares)
def sum_of_squares(out, x):
    partial = _partial(x)
    _block_squares(partial, x.reshape(-1))
    out[0] = partial.sum(dtype=np.float64)


@twin(reference.keep_finite)
def keep_finite(finite, x):
    partial = _partial(x)
    _block_not_finite(partial, x.reshape(-1))
    if partial.any():
        finite[0] = 0
