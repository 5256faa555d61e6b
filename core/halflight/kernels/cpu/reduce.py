"""Reductions of an array of any shape to one number: blocks in parallel, then added in order."""

import numpy as np
from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import BLOCK, block_bounds, block_count
from .compiler import compiled
from .scratch import scratch

__all__ = [
    "keep_finite",
    "sum_of_squares",
]

_LARGEST = np.finfo(FLOAT).max


@compiled(reassociate=True)
def _squares(x):  # type: ignore
    total = np.float32(0)
    for i in range(x.size):
        total += x[i] * x[i]
    return total


@compiled()
def _not_finite(x):  # type: ignore
    count = 0
    for i in range(x.size):
        count += 0 if abs(x[i]) <= _LARGEST else 1
    return np.float32(count)


@compiled(parallel=True)
def _block_squares(partial, x):  # type: ignore
    for block in prange(block_count(x.size)):
        start, stop = block_bounds(block, x.size)
        partial[block] = _squares(x[start:stop])


@compiled(parallel=True)
def _block_not_finite(partial, x):  # type: ignore
    for block in prange(block_count(x.size)):
        start, stop = block_bounds(block, x.size)
        partial[block] = _not_finite(x[start:stop])


def _partial(x: Array) -> Array:
    return scratch("partial", -(-x.size // BLOCK))


@checked(FLOAT)
def sum_of_squares(out: Array, x: Array) -> None:
    """out (1,) = sum of x^2."""
    partial = _partial(x)
    _block_squares(partial, x.reshape(-1))
    out[0] = partial.sum(dtype=np.float64)


@checked(FLOAT)
def keep_finite(finite: Array, x: Array) -> None:
    """finite (1,) = 0 if an element of x is NaN or infinite; else it stays as it is."""
    partial = _partial(x)
    _block_not_finite(partial, x.reshape(-1))
    if partial.any():
        finite[0] = 0
