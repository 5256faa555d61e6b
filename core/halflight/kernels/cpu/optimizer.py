"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019). Loops have
functions of their own: directly inside a parallel loop the compiler makes no vectors of them.
"""

import math

import numpy as np
from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "average_step",
    "clip",
    "limit_norm",
    "lion_step",
    "scale",
    "sgd_step",
]

_sign = compiled()(formulas.sign)
_clipped = compiled()(formulas.clipped)


@compiled()
def _sgd_block(w, g, velocity, learning_rate, momentum, nesterov, decay):  # type: ignore
    for i in range(w.size):
        change = momentum * velocity[i] - learning_rate * g[i]
        velocity[i] = change
        step = momentum * change - learning_rate * g[i] if nesterov else change
        w[i] += step - decay * w[i]


@compiled(parallel=True)
def _sgd_step(w, g, velocity, learning_rate, momentum, nesterov, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _sgd_block(w[some], g[some], velocity[some], learning_rate, momentum, nesterov, decay)


@checked(FLOAT)
def sgd_step(
    w: Array,
    g: Array,
    velocity: Array,
    finite: Array,
    learning_rate: float,
    momentum: float,
    nesterov: bool,
    weight_decay: float,
) -> None:
    """velocity = momentum velocity - learning_rate g; w += velocity.

    With nesterov (Sutskever et al. 2013), w += momentum velocity - learning_rate g instead.
    """
    if not finite[0]:
        return
    decay = FLOAT(learning_rate * weight_decay)
    _sgd_step(w, g, velocity, FLOAT(learning_rate), FLOAT(momentum), bool(nesterov), decay)


@compiled()
def _lion_block(w, g, m, rate, beta_1, rest_1, beta_2, rest_2, decay):  # type: ignore
    for i in range(w.size):
        w[i] = w[i] - decay * w[i] - rate * _sign(beta_1 * m[i] + rest_1 * g[i])
        m[i] = beta_2 * m[i] + rest_2 * g[i]


@compiled(parallel=True)
def _lion_step(w, g, m, rate, beta_1, rest_1, beta_2, rest_2, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _lion_block(w[some], g[some], m[some], rate, beta_1, rest_1, beta_2, rest_2, decay)


@checked(FLOAT)
def lion_step(
    w: Array,
    g: Array,
    m: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    weight_decay: float,
) -> None:
    """w -= learning_rate sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g.

    Chen et al. 2023, program 1 (arXiv:2302.06675).
    """
    if not finite[0]:
        return
    decay = learning_rate * weight_decay
    scalars = (learning_rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, decay)
    _lion_step(w, g, m, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _average_block(average, w, rest):  # type: ignore
    for i in range(average.size):
        average[i] += rest * (w[i] - average[i])


@compiled(parallel=True)
def _average_step(average, w, rest):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _average_block(average[some], w[some], rest)


@checked(FLOAT)
def average_step(average: Array, w: Array, finite: Array, momentum: float) -> None:
    """average += (1 - momentum) (w - average): where both are equal it stays as it is."""
    if not finite[0]:
        return
    _average_step(average, w, FLOAT(1.0 - momentum))


@compiled()
def _clip_block(x, limit):  # type: ignore
    for i in range(x.size):
        x[i] = _clipped(x[i], limit)


@compiled(parallel=True)
def _clip(x, limit):  # type: ignore
    for block in prange(block_count(x.size)):
        _clip_block(x[slice(*block_bounds(block, x.size))], limit)


@checked(FLOAT)
def clip(x: Array, limit: float) -> None:
    """x = limit above limit, -limit below -limit (gradient clipping by value); limit >= 0."""
    _clip(x, FLOAT(limit))


@compiled()
def _scale_block(x, factor):  # type: ignore
    for i in range(x.size):
        x[i] *= factor


@compiled(parallel=True)
def _scale(x, factor):  # type: ignore
    for block in prange(block_count(x.size)):
        _scale_block(x[slice(*block_bounds(block, x.size))], factor)


@checked(FLOAT)
def scale(x: Array, factor: float) -> None:
    """x *= factor."""
    _scale(x.reshape(-1), FLOAT(factor))


@checked(FLOAT)
def limit_norm(x: Array, squares: Array, limit: float) -> None:
    """x *= limit / norm if norm > limit, where norm^2 is the sum of squares (n,).

    Gradient clipping by norm: Pascanu et al. 2013, section 3.2.
    """
    norm = math.sqrt(squares.sum(dtype=np.float64))
    if norm > limit:
        _scale(x.reshape(-1), FLOAT(limit / norm))
