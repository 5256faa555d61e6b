"""A bias by itself: one number added to each feature, and column sums as its gradient."""

import numpy as np
from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .scratch import scratch

__all__ = ["bias_backward", "bias_forward"]

CHUNK = 256  # rows of one task, and the longest sum taken in one go


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled(parallel=True)
def _add_bias(y, b):  # type: ignore
    for k in prange((len(y) + CHUNK - 1) // CHUNK):
        for row in range(k * CHUNK, min((k + 1) * CHUNK, len(y))):
            for o in range(b.size):
                y[row, o] += b[o]


@checked(FLOAT)
def bias_forward(y: Array, b: Array) -> None:
    """y (..., out) += b (out,), in place."""
    _add_bias(_rows(y), b)


@compiled(parallel=True)
def _sum_chunks(sums, dy):  # type: ignore
    """sums[k] = the sum of the k-th chunk of rows of dy."""
    for k in prange(len(sums)):
        for o in range(sums.shape[1]):
            sums[k, o] = np.float32(0)
        for row in range(k * CHUNK, min((k + 1) * CHUNK, len(dy))):
            for o in range(sums.shape[1]):
                sums[k, o] += dy[row, o]


@checked(FLOAT)
def bias_backward(db: Array, dy: Array) -> None:
    """db (out,) += the sum of dy (..., out) over all axes but the last."""
    rows = _rows(dy)
    sums = scratch("bias sums", -(-len(rows) // CHUNK), rows.shape[1])
    _sum_chunks(sums, rows)
    db += sums.sum(axis=0)
