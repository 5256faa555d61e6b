"""Softmax and its logarithm over the last axis, row by row; in place too."""

import math

import numpy as np
from numba import prange

from ..contract import twin
from ..elementary import exp
from ..reference import softmax as reference
from .arrays import Array
from .machine.compiler import compiled

_exp = compiled()(exp)


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


@compiled()
def _largest(x):
    largest = x[0]
    for i in range(1, x.size):
        largest = x[i] if x[i] > largest else largest
    return largest


@compiled(reassociate=True)
def _sum_of_exp(x, shift):
    total = np.float32(0)
    for i in range(x.size):
        total += _exp(x[i] - shift)
    return total


@compiled(reassociate=True)
def _dot(a, b):
    total = np.float32(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@compiled(reassociate=True)
def _sum(a):
    total = np.float32(0)
    for i in range(a.size):
        total += a[i]
    return total


@compiled()
def _softmax_row(y, x):
    shift = _largest(x)
    factor = np.float32(1) / _sum_of_exp(x, shift)
    for i in range(x.size):
        y[i] = _exp(x[i] - shift) * factor


@compiled(parallel=True)
def _softmax(y, x):
    for row in prange(len(x)):
        _softmax_row(y[row], x[row])


@twin(reference.softmax_forward)
def softmax_forward(y, x):
    _softmax(_rows(y), _rows(x))


@compiled()
def _softmax_gradient_row(dx, dy, y):
    mean = _dot(dy, y)
    for i in range(y.size):
        dx[i] = y[i] * (dy[i] - mean)


@compiled(parallel=True)
def _softmax_gradient(dx, dy, y):
    for row in prange(len(y)):
        _softmax_gradient_row(dx[row], dy[row], y[row])


@twin(reference.softmax_backward)
def softmax_backward(dx, dy, y):
    _softmax_gradient(_rows(dx), _rows(dy), _rows(y))


@compiled()
def _log_softmax_row(y, x):
    shift = _largest(x)
    logarithm = math.log(_sum_of_exp(x, shift))
    for i in range(x.size):
        y[i] = (x[i] - shift) - logarithm


@compiled(parallel=True)
def _log_softmax(y, x):
    for row in prange(len(x)):
        _log_softmax_row(y[row], x[row])


@twin(reference.log_softmax_forward)
def log_softmax_forward(y, x):
    _log_softmax(_rows(y), _rows(x))


@compiled()
def _log_softmax_gradient_row(dx, dy, y):
    total = _sum(dy)
    for i in range(y.size):
        dx[i] = dy[i] - _exp(y[i]) * total


@compiled(parallel=True)
def _log_softmax_gradient(dx, dy, y):
    for row in prange(len(y)):
        _log_softmax_gradient_row(dx[row], dy[row], y[row])


@twin(reference.log_softmax_backward)
def log_softmax_backward(dx, dy, y):
    _log_softmax_gradient(_rows(dx), _rows(dy), _rows(y))
