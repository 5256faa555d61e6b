"""Activations in pieces: lines, steps and exponentials that meet; in place too."""

import numpy as np
from numba import cuda

from .. import formulas
from ..contract import twin
from ..reference import rectifier as reference
from .arrays import flat
from .loops.columns import add_sums, column_sums, sum_columns
from .loops.maps import mapped
from .machine.compiler import Kernel

relu_forward = mapped(reference.relu_forward, formulas.relu)
relu_backward = mapped(reference.relu_backward, formulas.relu_gradient)
clipped_relu_forward = mapped(reference.clipped_relu_forward, formulas.clipped_relu)
clipped_relu_backward = mapped(reference.clipped_relu_backward, formulas.clipped_relu_gradient)
leaky_relu_forward = mapped(reference.leaky_relu_forward, formulas.leaky_relu)
leaky_relu_backward = mapped(reference.leaky_relu_backward, formulas.leaky_relu_gradient)
elu_forward = mapped(reference.elu_forward, formulas.elu)
elu_backward = mapped(reference.elu_backward, formulas.elu_gradient)
selu_forward = mapped(reference.selu_forward, formulas.selu)
selu_backward = mapped(reference.selu_backward, formulas.selu_gradient)
step_forward = mapped(reference.step_forward, formulas.step)
step_backward = mapped(reference.step_backward, formulas.step_gradient)
hard_sigmoid_forward = mapped(reference.hard_sigmoid_forward, formulas.hard_sigmoid)
hard_sigmoid_backward = mapped(reference.hard_sigmoid_backward, formulas.hard_sigmoid_gradient)

_ZERO = np.float32(0)


@Kernel
def _prelu(y, x, alpha):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = alpha[i % alpha.size] * x[i] if x[i] < _ZERO else x[i]


@twin(reference.prelu_forward)
def prelu_forward(y, x, alpha):
    _prelu.over(y.size, *flat(y, x), alpha)


@Kernel
def _prelu_gradient(dx, dy, x, alpha):
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        dx[i] = alpha[i % alpha.size] * dy[i] if x[i] <= _ZERO else dy[i]


def _slope(arrays, i, _vectors, _column):
    dy, x = arrays
    return dy[i] * (_ZERO if x[i] > _ZERO else x[i]), _ZERO


_sum_slopes = column_sums(_slope)


@twin(reference.prelu_backward)
def prelu_backward(dx, dalpha, dy, x, alpha):
    if dalpha is not None:  # first: dx may be dy
        sums, chunks = sum_columns(_sum_slopes, (dy, x), (), alpha.size)
        add_sums(dalpha, sums, chunks, 0)
    _prelu_gradient.over(dx.size, *flat(dx, dy, x), alpha)
