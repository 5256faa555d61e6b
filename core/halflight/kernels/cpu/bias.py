"""A bias by itself: one number added to each feature, and column sums as its gradient."""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import bias as reference
from .arrays import Array
from .machine.compiler import compiled
from .machine.scratch import scratch

CHUNK = 256  # rows of one task, and the longest sum taken in one go


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled(parallel=True)
def _add_bias(y, b):
    for k in prange((len(y) + CHUNK - 1) // CHUNK):
        for row in range(k * CHUNK, min((k + 1) * CHUNK, len(y))):
            for o in range(b.size):
                y[row, o] += b[o]


@twin(reference.bias_forward)
def bias_forward(y, b):
    _add_bias(_rows(y), b)


@compiled(parallel=True)
def _sum_chunks(sums, dy):
    """sums[k] = the sum of the k-th chunk of rows of dy."""
    for k in prange(len(sums)):
        for o in range(sums.shape[1]):
            sums[k, o] = np.float32(0)
        for row in range(k * CHUNK, min((k + 1) * CHUNK, len(dy))):
            for o in range(sums.shape[1]):
                sums[k, o] += dy[row, o]


@twin(reference.bias_backward)
def bias_backward(db, dy):
    rows = _rows(dy)
    sums = scratch("bias sums", -(-len(rows) // CHUNK), rows.shape[1])
    _sum_chunks(sums, rows)
    db += sums.sum(axis=0)
