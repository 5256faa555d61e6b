"""Penalties on the size of weights, and the limit of a norm, as Keras 3 defines them."""

import math

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..formulas import NORM_EPSILON
from ..reference import penalty as reference
from .arrays import FLOAT
from .loops.blocks import BLOCK, block_bounds, block_count
from .loops.sums import sum_of_products, sum_of_sizes
from .machine.compiler import compiled
from .machine.scratch import scratch

COLUMNS = 64  # of a matrix, in one piece of parallel work
_EPSILON = FLOAT(NORM_EPSILON)

_sign = compiled()(formulas.sign)


@compiled(parallel=True)
def _penalties(partial, w, l1, l2):
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        size = sum_of_sizes(w, start, stop - start)
        partial[block] = l1 * size + l2 * sum_of_products(w, w, start, stop - start)


@compiled(parallel=True)
def _add_gradient(dw, w, l1, twice_l2):
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            dw[i] += l1 * _sign(w[i]) + twice_l2 * w[i]


@twin(reference.regularize)
def regularize(penalty, dw, w, l1, l2):
    partial, flat = scratch("partial", -(-w.size // BLOCK)), w.reshape(-1)
    _penalties(partial, flat, FLOAT(l1), FLOAT(l2))
    penalty[0] = partial.sum(dtype=np.float64)
    if dw is not None:
        _add_gradient(dw.reshape(-1), flat, FLOAT(l1), FLOAT(2.0 * l2))


@compiled()
def _limit_columns(w, factor, limit, start, stop):
    factor[start:stop] = np.float32(0)
    for row in range(w.shape[0]):
        for c in range(start, stop):
            factor[c] += w[row, c] * w[row, c]
    for c in range(start, stop):
        norm = math.sqrt(factor[c])
        factor[c] = limit / (norm + _EPSILON) if norm > limit else np.float32(1)
    for row in range(w.shape[0]):
        for c in range(start, stop):
            w[row, c] *= factor[c]


@compiled(parallel=True)
def _max_norm(w, factor, limit):
    columns = w.shape[1]
    for piece in prange((columns + COLUMNS - 1) // COLUMNS):
        start = piece * COLUMNS
        _limit_columns(w, factor, limit, start, min(start + COLUMNS, columns))


@twin(reference.max_norm)
def max_norm(w, finite, limit):
    if not finite[0]:
        return
    _max_norm(w, scratch("column factors", w.shape[1]), FLOAT(limit))


@twin(reference.min_max_norm)
def min_max_norm(w, finite, least, most, share):
    if finite[0]:  # once a step, over weights alone: NumPy's loops will do
        norm = np.sqrt(np.sum(w * w, axis=0, dtype=FLOAT))
        wanted = FLOAT(share) * np.clip(norm, FLOAT(least), FLOAT(most))
        w *= (wanted + FLOAT(1.0 - share) * norm) / (norm + _EPSILON)


@twin(reference.not_negative)
def not_negative(w, finite):
    if finite[0]:
        np.maximum(w, FLOAT(0), out=w)
