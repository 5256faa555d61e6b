"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

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
    "lion_step",
    "scale",
    "sgd_step",
]

_sign = compiled()(formulas.sign)
_clipped = compiled()(formulas.clipped)


@compiled(parallel=True)
def _sgd_step(w, g, velocity, learning_rate, momentum, nesterov, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            change = momentum * velocity[i] - learning_rate * g[i]
            velocity[i] = change
            w[i] += (momentum * change - learning_rate * g[i] if nesterov else change) - decay * w[
                i
            ]


@checked(FLOAT)
def sgd_step(
    w: Array,
    g: Array,
    velocity: Array,
    learning_rate: float,
    momentum: float,
    nesterov: bool,
    weight_decay: float,
) -> None:
    """velocity = momentum velocity - learning_rate g; w += velocity.

    With nesterov (Sutskever et al. 2013), w += momentum velocity - learning_rate g instead.
    """
    decay = FLOAT(learning_rate * weight_decay)
    _sgd_step(w, g, velocity, FLOAT(learning_rate), FLOAT(momentum), bool(nesterov), decay)


@compiled(parallel=True)
def _lion_step(w, g, m, rate, beta_1, rest_1, beta_2, rest_2, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            w[i] = w[i] - decay * w[i] - rate * _sign(beta_1 * m[i] + rest_1 * g[i])
            m[i] = beta_2 * m[i] + rest_2 * g[i]


@checked(FLOAT)
def lion_step(
    w: Array,
    g: Array,
    m: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    weight_decay: float,
) -> None:
    """w -= learning_rate sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g.

    Chen et al. 2023, program 1 (arXiv:2302.06675).
    """
    decay = learning_rate * weight_decay
    scalars = (learning_rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, decay)
    _lion_step(w, g, m, *(FLOAT(scalar) for scalar in scalars))


@compiled(parallel=True)
def _average_step(average, w, rest):  # type: ignore
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            average[i] += rest * (w[i] - average[i])


@checked(FLOAT)
def average_step(average: Array, w: Array, momentum: float) -> None:
    """average += (1 - momentum) (w - average): where both are equal it stays as it is."""
    _average_step(average, w, FLOAT(1.0 - momentum))


@compiled(parallel=True)
def _clip(x, limit):  # type: ignore
    for block in prange(block_count(x.size)):
        start, stop = block_bounds(block, x.size)
        for i in range(start, stop):
            x[i] = _clipped(x[i], limit)


@checked(FLOAT)
def clip(x: Array, limit: float) -> None:
    """x = limit above limit, -limit below -limit (gradient clipping by value); limit >= 0."""
    _clip(x, FLOAT(limit))


@checked(FLOAT)
def scale(x: Array, factor: float) -> None:
    """x *= factor (gradient clipping by norm)."""
    np.multiply(x, FLOAT(factor), out=x)
