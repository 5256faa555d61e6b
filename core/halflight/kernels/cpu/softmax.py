"""Softmax and its logarithm over the last axis, row by row; in place too."""

import math

import numba
import numpy as np
from numba import prange

from ..contract import twin
from ..elementary import exp
from ..reference import softmax as reference
from .arrays import Array
from .loops.sums import sum_of, sum_of_products
from .machine.compiler import compiled, thread_limit
from .machine.scratch import scratch

# Exponentials of a row that are added at a time, in scratch.
_LINE = 1024

_exp = compiled()(exp)


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _lines() -> Array:
    return scratch("softmax", thread_limit(), _LINE)


@compiled()
def _largest(x):
    largest = x[0]
    for i in range(1, x.size):
        largest = x[i] if x[i] > largest else largest
    return largest


@compiled()
def _sum_of_exp(x, shift, line):
    total = np.float32(0)
    for start in range(0, x.size, _LINE):
        count = min(_LINE, x.size - start)
        for i in range(count):
            line[i] = _exp(x[start + i] - shift)
        total += sum_of(line, 0, count)
    return total


@compiled()
def _softmax_row(y, x, line):
    shift = _largest(x)
    factor = np.float32(1) / _sum_of_exp(x, shift, line)
    for i in range(x.size):
        y[i] = _exp(x[i] - shift) * factor


@compiled(parallel=True)
def _softmax(y, x, lines):
    for row in prange(len(x)):
        _softmax_row(y[row], x[row], lines[numba.get_thread_id()])


@twin(reference.softmax_forward)
def softmax_forward(y, x):
    _softmax(_rows(y), _rows(x), _lines())


@compiled(parallel=True)
def _causal_softmax(y, x, queries, lines):
    for row in prange(len(x)):
        seen = min(row % queries + 1, x.shape[1])
        _softmax_row(y[row, :seen], x[row, :seen], lines[numba.get_thread_id()])
        y[row, seen:] = np.float32(0)


@twin(reference.causal_softmax_forward)
def causal_softmax_forward(y, x):
    _causal_softmax(_rows(y), _rows(x), x.shape[-2], _lines())


@compiled()
def _softmax_gradient_row(dx, dy, y):
    mean = sum_of_products(dy, y, 0, y.size)
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
def _log_softmax_row(y, x, line):
    shift = _largest(x)
    logarithm = math.log(_sum_of_exp(x, shift, line))
    for i in range(x.size):
        y[i] = (x[i] - shift) - logarithm


@compiled(parallel=True)
def _log_softmax(y, x, lines):
    for row in prange(len(x)):
        _log_softmax_row(y[row], x[row], lines[numba.get_thread_id()])


@twin(reference.log_softmax_forward)
def log_softmax_forward(y, x):
    _log_softmax(_rows(y), _rows(x), _lines())


@compiled()
def _log_softmax_gradient_row(dx, dy, y):
    total = sum_of(dy, 0, dy.size)
    for i in range(y.size):
        dx[i] = dy[i] - _exp(y[i]) * total


@compiled(parallel=True)
def _log_softmax_gradient(dx, dy, y):
    for row in prange(len(y)):
        _log_softmax_gradient_row(dx[row], dy[row], y[row])


@twin(reference.log_softmax_backward)
def log_softmax_backward(dx, dy, y):
    _log_softmax_gradient(_rows(dx), _rows(dy), _rows(y))
