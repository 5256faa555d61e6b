"""Products of the matrices of two stacks, a thread for each number."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import matrices as reference
from .machine.compiler import Kernel


@Kernel
def _multiply(y, a, b, steps_a, steps_b, depth):
    """Steps lead to the next matrix, row and column of a factor as it is multiplied."""
    rows, columns = y.shape[1], y.shape[2]
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        rest, column = divmod(i, columns)
        n, row = divmod(rest, rows)
        left = n * steps_a[0] + row * steps_a[1]
        right = n * steps_b[0] + column * steps_b[2]
        total = np.float32(0)
        for k in range(depth):
            total += a[left + k * steps_a[2]] * b[right + k * steps_b[1]]
        y[n, row, column] = total


@twin(reference.multiply_matrices)
def multiply_matrices(y, a, b, transpose_a=False, transpose_b=False):
    depth = a.shape[1] if transpose_a else a.shape[2]
    steps = [_steps(a, transpose_a), _steps(b, transpose_b)]
    _multiply.over(y.size, y, a.reshape(a.size), b.reshape(b.size), *steps, depth)


def _steps(x, transposed):
    rows, columns = x.shape[1], x.shape[2]
    return (rows * columns, *((1, columns) if transposed else (columns, 1)))
