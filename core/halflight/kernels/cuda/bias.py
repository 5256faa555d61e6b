"""A bias for each channel."""

from numba import cuda

from ..contract import twin
from ..reference import bias as reference
from .loops.columns import add_column_sums
from .machine.compiler import Kernel


@Kernel
def _add_bias(y, b):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] += b[i % b.size]


@twin(reference.bias_forward)
def bias_forward(y, b):
    _add_bias.over(y.size, y.reshape(y.size), b)


@twin(reference.bias_backward)
def bias_backward(db, dy):
    add_column_sums(db, dy)
