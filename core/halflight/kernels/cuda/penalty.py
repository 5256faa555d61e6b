"""Penalties on the size of weights, and the limit of a norm, as Keras 3 defines them."""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import NORM_EPSILON, sign
from ..reference import penalty as reference
from .arrays import FLOAT, flat
from .loops.columns import ACROSS, DOWN, THREADS, sum_down
from .machine.compiler import Kernel
from .reduce import reduce_to, sum_over

_EPSILON = FLOAT(NORM_EPSILON)


def _penalty(value, l1, l2):
    return l1 * abs(value) + l2 * value * value


_sum_penalties = sum_over(_penalty)


@Kernel
def _add_gradient(dw, w, l1, twice_l2):
    for i in range(cuda.grid(1), dw.size, cuda.gridsize(1)):
        dw[i] += l1 * sign(w[i]) + twice_l2 * w[i]


@twin(reference.regularize)
def regularize(penalty, dw, w, l1, l2):
    reduce_to(penalty, w, _sum_penalties, FLOAT(l1), FLOAT(l2))
    if dw is not None:
        _add_gradient.over(dw.size, *flat(dw, w), FLOAT(l1), FLOAT(2.0 * l2))


@Kernel
def _max_norm(w, finite, limit):
    """A block scales some columns, with DOWN threads for each."""
    if finite[0] == 0:
        return
    shared = cuda.shared.array(THREADS, np.float32)
    column = cuda.blockIdx.x * ACROSS + cuda.threadIdx.x % ACROSS
    down = cuda.threadIdx.x // ACROSS
    square = np.float32(0)
    if column < w.shape[1]:
        for row in range(down, w.shape[0], DOWN):
            square += w[row, column] * w[row, column]
    norm = math.sqrt(sum_down(square, shared))
    if column < w.shape[1] and norm > limit:
        factor = limit / (norm + _EPSILON)
        for row in range(down, w.shape[0], DOWN):
            w[row, column] *= factor


@twin(reference.max_norm)
def max_norm(w, finite, limit):
    _max_norm(-(-w.shape[1] // ACROSS), THREADS, w, finite, FLOAT(limit))


@Kernel
def _min_max_norm(w, finite, least, most, share):
    """A block scales some columns, with DOWN threads for each."""
    if finite[0] == 0:
        return
    shared = cuda.shared.array(THREADS, np.float32)
    column = cuda.blockIdx.x * ACROSS + cuda.threadIdx.x % ACROSS
    down = cuda.threadIdx.x // ACROSS
    square = np.float32(0)
    if column < w.shape[1]:
        for row in range(down, w.shape[0], DOWN):
            square += w[row, column] * w[row, column]
    norm = math.sqrt(sum_down(square, shared))
    inside = least if norm < least else most if norm > most else norm
    factor = (share * inside + (np.float32(1) - share) * norm) / (norm + _EPSILON)
    if column < w.shape[1]:
        for row in range(down, w.shape[0], DOWN):
            w[row, column] *= factor


@twin(reference.min_max_norm)
def min_max_norm(w, finite, least, most, share):
    limits = FLOAT(least), FLOAT(most), FLOAT(share)
    _min_max_norm(-(-w.shape[1] // ACROSS), THREADS, w, finite, *limits)


@Kernel
def _not_negative(w, finite):
    if finite[0] != 0:
        for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
            w[i] = np.float32(0) if w[i] < np.float32(0) else w[i]


@twin(reference.not_negative)
def not_negative(w, finite):
    _not_negative.over(w.size, *flat(w), finite)
