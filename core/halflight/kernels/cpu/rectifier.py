"""Activations in pieces: lines, steps and exponentials that meet; in place too."""

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import rectifier as reference
from .arrays import FLOAT
from .loops.maps import mapped
from .machine.compiler import compiled
from .machine.scratch import scratch

CHUNK = 256  # rows of one task, and of one float32 sum
_ZERO = FLOAT(0)

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


@compiled()
def _prelu_rows(y, x, alpha):
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[row, c] = alpha[c] * x[row, c] if x[row, c] < _ZERO else x[row, c]


@compiled(parallel=True)
def _prelu(y, x, alpha):
    for k in prange((x.shape[0] + CHUNK - 1) // CHUNK):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _prelu_rows(y[rows], x[rows], alpha)


@twin(reference.prelu_forward)
def prelu_forward(y, x, alpha):
    _prelu(y.reshape(-1, alpha.size), x.reshape(-1, alpha.size), alpha)


@compiled()
def _prelu_gradient_rows(dx, total, dy, x, alpha):
    total[:] = _ZERO
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            total[c] += dy[row, c] * (_ZERO if x[row, c] > _ZERO else x[row, c])
            dx[row, c] = alpha[c] * dy[row, c] if x[row, c] <= _ZERO else dy[row, c]


@compiled(parallel=True)
def _prelu_gradient(dx, totals, dy, x, alpha):
    for k in prange(len(totals)):
        rows = slice(k * CHUNK, (k + 1) * CHUNK)
        _prelu_gradient_rows(dx[rows], totals[k], dy[rows], x[rows], alpha)


@twin(reference.prelu_backward)
def prelu_backward(dx, dalpha, dy, x, alpha):
    dx, dy, x = (array.reshape(-1, alpha.size) for array in (dx, dy, x))
    totals = scratch("prelu", -(-len(x) // CHUNK), alpha.size)
    _prelu_gradient(dx, totals, dy, x, alpha)
    if dalpha is not None:
        dalpha += totals.sum(axis=0, dtype=np.float64).astype(FLOAT)
