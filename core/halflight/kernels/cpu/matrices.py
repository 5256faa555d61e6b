"""Products of the matrices of two stacks: large ones by the engine of dense layers, one by one."""

import math

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import matrices as reference
from .arrays import Array
from .layout import copy_to_axes
from .machine.compiler import compiled
from .machine.scratch import scratch
from .products.epilogue import Ending, epilogue
from .products.product import product, weight_product

_ROWS = 16  # of one task
_LARGE = 64**3  # multiplications of one matrix from which on the engine's packing pays


@compiled()
def _add_scaled(y, factor, x):
    for i in range(y.size):
        y[i] += factor * x[i]


@compiled(parallel=True)
def _multiply_matrices(y, a, b, blocks):
    for task in prange(len(y) * blocks):
        n, block = task // blocks, task % blocks
        for i in range(block * _ROWS, min((block + 1) * _ROWS, y.shape[1])):
            row = y[n, i]
            row[:] = np.float32(0)
            for k in range(a.shape[2]):
                _add_scaled(row, a[n, i, k], b[n, k])


@twin(reference.multiply_matrices)
def multiply_matrices(y, a, b, transpose_a=False, transpose_b=False):
    depth = a.shape[1] if transpose_a else a.shape[2]
    if math.prod(y.shape[1:]) * depth >= _LARGE and not (transpose_a and transpose_b):
        ending = epilogue(y.shape[2], Ending())
        for part, left, right in zip(y, a, b, strict=True):
            if transpose_a:
                weight_product(part, None, right, left, True)
            else:
                product(part, left, right, ending, transposed=transpose_b)
        return
    left = _transposed("left factors", a) if transpose_a else a
    right = _transposed("right factors", b) if transpose_b else b
    _multiply_matrices(y, left, right, -(-y.shape[1] // _ROWS))


def _transposed(purpose: str, x: Array) -> Array:
    turned = scratch(purpose, x.shape[0], x.shape[2], x.shape[1])
    copy_to_axes(turned, x.transpose(0, 2, 1))
    return turned
