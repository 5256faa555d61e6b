"""Addition, in place too, and concatenation."""

import numpy as np
from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "add_forward",
    "concatenate_backward",
    "concatenate_forward",
]


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


@checked(FLOAT)
def concatenate_forward(y: Array, offset: int, x: Array) -> None:
    """y[..., offset : offset + channels of x] = x: one call for each part."""
    np.copyto(y[..., offset : offset + x.shape[-1]], x)


@checked(FLOAT)
def concatenate_backward(dx: Array, dy: Array, offset: int) -> None:
    """dx = dy[..., offset : offset + channels of dx]: one call for each part."""
    np.copyto(dx, dy[..., offset : offset + dx.shape[-1]])
