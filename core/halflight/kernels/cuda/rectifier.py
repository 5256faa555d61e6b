"""Activations in pieces: lines, steps and exponentials that meet; in place too."""

import numpy as np
from numba import cuda

from .. import formulas
from ..contract import checked
from ..reference import rectifier
from .arrays import FLOAT, Array, flat
from .columns import add_sums, column_sums, sum_columns
from .compiler import Kernel
from .maps import mapped

__all__ = [
    "clipped_relu_backward",
    "clipped_relu_forward",
    "elu_backward",
    "elu_forward",
    "hard_sigmoid_backward",
    "hard_sigmoid_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "prelu_backward",
    "prelu_forward",
    "relu_backward",
    "relu_forward",
    "selu_backward",
    "selu_forward",
    "step_backward",
    "step_forward",
]

relu_forward = mapped(rectifier.relu_forward, formulas.relu)
relu_backward = mapped(rectifier.relu_backward, formulas.relu_gradient)
clipped_relu_forward = mapped(rectifier.clipped_relu_forward, formulas.clipped_relu)
clipped_relu_backward = mapped(rectifier.clipped_relu_backward, formulas.clipped_relu_gradient)
leaky_relu_forward = mapped(rectifier.leaky_relu_forward, formulas.leaky_relu)
leaky_relu_backward = mapped(rectifier.leaky_relu_backward, formulas.leaky_relu_gradient)
elu_forward = mapped(rectifier.elu_forward, formulas.elu)
elu_backward = mapped(rectifier.elu_backward, formulas.elu_gradient)
selu_forward = mapped(rectifier.selu_forward, formulas.selu)
selu_backward = mapped(rectifier.selu_backward, formulas.selu_gradient)
step_forward = mapped(rectifier.step_forward, formulas.step)
step_backward = mapped(rectifier.step_backward, formulas.step_gradient)
hard_sigmoid_forward = mapped(rectifier.hard_sigmoid_forward, formulas.hard_sigmoid)
hard_sigmoid_backward = mapped(rectifier.hard_sigmoid_backward, formulas.hard_sigmoid_gradient)

_ZERO = np.float32(0)


@Kernel
def _prelu(y, x, alpha):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = alpha[i % alpha.size] * x[i] if x[i] < _ZERO else x[i]


@checked(FLOAT)
def prelu_forward(y: Array, x: Array, alpha: Array) -> None:
    """y = x, or alpha x below zero, alpha (f,) for the last axis (He et al. 2015, eq. 1)."""
    _prelu.over(y.size, *flat(y, x), alpha)


@Kernel
def _prelu_gradient(dx, dy, x, alpha):  # type: ignore
    for i in range(cuda.grid(1), dx.size, cuda.gridsize(1)):
        dx[i] = alpha[i % alpha.size] * dy[i] if x[i] <= _ZERO else dy[i]


def _slope(arrays, i, _vectors, _column):  # type: ignore
    dy, x = arrays
    return dy[i] * (_ZERO if x[i] > _ZERO else x[i]), _ZERO


_sum_slopes = column_sums(_slope)


@checked(FLOAT)
def prelu_backward(dx: Array, dalpha: Array | None, dy: Array, x: Array, alpha: Array) -> None:
    """dx = dy, or alpha dy where x <= 0; dalpha (f,) += sums of dy x there (He et al. 2015, eq. 3).

    A dalpha of None is not computed.
    """
    if dalpha is not None:  # first: dx may be dy
        sums, chunks = sum_columns(_sum_slopes, (dy, x), (), alpha.size)
        add_sums(dalpha, sums, chunks, 0)
    _prelu_gradient.over(dx.size, *flat(dx, dy, x), alpha)
