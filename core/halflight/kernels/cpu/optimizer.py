"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019). Loops have
functions of their own: directly inside a parallel loop the compiler makes no vectors of them.
"""

import math

import numpy as np
from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import optimizer as reference
from .arrays import FLOAT
from .loops.blocks import block_bounds, block_count
from .machine.compiler import compiled

_sign = compiled()(formulas.sign)
_clipped = compiled()(formulas.clipped)


@compiled()
def _sgd_block(w, g, velocity, learning_rate, momentum, nesterov, decay):
    for i in range(w.size):
        change = momentum * velocity[i] - learning_rate * g[i]
        velocity[i] = change
        step = momentum * change - learning_rate * g[i] if nesterov else change
        w[i] += step - decay * w[i]


@compiled(parallel=True)
def _sgd_step(w, g, velocity, learning_rate, momentum, nesterov, decay):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _sgd_block(w[some], g[some], velocity[some], learning_rate, momentum, nesterov, decay)


@twin(reference.sgd_step)
def sgd_step(w, g, velocity, finite, learning_rate, momentum, nesterov, weight_decay):
    if not finite[0]:
        return
    decay = FLOAT(learning_rate * weight_decay)
    _sgd_step(w, g, velocity, FLOAT(learning_rate), FLOAT(momentum), bool(nesterov), decay)


@compiled()
def _lion_block(w, g, m, rate, beta_1, rest_1, beta_2, rest_2, decay):
    for i in range(w.size):
        w[i] = w[i] - decay * w[i] - rate * _sign(beta_1 * m[i] + rest_1 * g[i])
        m[i] = beta_2 * m[i] + rest_2 * g[i]


@compiled(parallel=True)
def _lion_step(w, g, m, rate, beta_1, rest_1, beta_2, rest_2, decay):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _lion_block(w[some], g[some], m[some], rate, beta_1, rest_1, beta_2, rest_2, decay)


@twin(reference.lion_step)
def lion_step(w, g, m, finite, learning_rate, beta_1, beta_2, weight_decay):
    if not finite[0]:
        return
    decay = learning_rate * weight_decay
    scalars = (learning_rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, decay)
    _lion_step(w, g, m, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _average_block(average, w, rest):
    for i in range(average.size):
        average[i] += rest * (w[i] - average[i])


@compiled(parallel=True)
def _average_step(average, w, rest):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _average_block(average[some], w[some], rest)


@twin(reference.average_step)
def average_step(average, w, finite, momentum):
    if not finite[0]:
        return
    _average_step(average, w, FLOAT(1.0 - momentum))


@compiled()
def _clip_block(x, limit):
    for i in range(x.size):
        x[i] = _clipped(x[i], limit)


@compiled(parallel=True)
def _clip(x, limit):
    for block in prange(block_count(x.size)):
        _clip_block(x[slice(*block_bounds(block, x.size))], limit)


@twin(reference.clip)
def clip(x, limit):
    _clip(x, FLOAT(limit))


@compiled()
def _scale_block(x, factor):
    for i in range(x.size):
        x[i] *= factor


@compiled(parallel=True)
def _scale(x, factor):
    for block in prange(block_count(x.size)):
        _scale_block(x[slice(*block_bounds(block, x.size))], factor)


@twin(reference.scale)
def scale(x, factor):
    _scale(x.reshape(-1), FLOAT(factor))


@twin(reference.limit_norm)
def limit_norm(x, squares, limit):
    norm = math.sqrt(squares.sum(dtype=np.float64))
    if norm > limit:
        _scale(x.reshape(-1), FLOAT(limit / norm))
