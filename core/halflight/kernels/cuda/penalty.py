"""Penalties on the size of weights, and the limit of a norm, as Keras 3 defines them."""

import math

import numpy as np
from numba import cuda

from ..contract import checked
from ..formulas import NORM_EPSILON, sign
from .arrays import FLOAT, Array, flat
from .columns import ACROSS, DOWN, THREADS, sum_down
from .compiler import Kernel
from .reduce import reduce_to, sum_over

__all__ = [
    "max_norm",
    "regularize",
]

_EPSILON = FLOAT(NORM_EPSILON)


def _penalty(value, l1, l2):  # type: ignore
    return l1 * abs(value) + l2 * value * value


_sum_penalties = sum_over(_penalty)


@Kernel
def _add_gradient(dw, w, l1, twice_l2):  # type: ignore
    for i in range(cuda.grid(1), dw.size, cuda.gridsize(1)):
        dw[i] += l1 * sign(w[i]) + twice_l2 * w[i]


@checked(FLOAT)
def regularize(penalty: Array, dw: Array | None, w: Array, l1: float, l2: float) -> None:
    """penalty (1,) = l1 sum |w| + l2 sum w^2; dw += l1 sign(w) + 2 l2 w, unless dw is None."""
    reduce_to(penalty, w, _sum_penalties, FLOAT(l1), FLOAT(l2))
    if dw is not None:
        _add_gradient.over(dw.size, *flat(dw, w), FLOAT(l1), FLOAT(2.0 * l2))


@Kernel
def _max_norm(w, finite, limit):  # type: ignore
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


@checked(FLOAT)
def max_norm(w: Array, finite: Array, limit: float) -> None:
    """Scale every column of w (i, o) whose norm is above `limit` by limit / (norm + 1e-7).

    Srivastava et al. 2014, section 5.1. Columns within the limit keep their bytes.
    """
    _max_norm(-(-w.shape[1] // ACROSS), THREADS, w, finite, FLOAT(limit))
