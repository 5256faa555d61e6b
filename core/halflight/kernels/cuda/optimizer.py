"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

import numpy as np
from numba import cuda

from ..contract import checked
from ..formulas import clipped, sign
from .arrays import FLOAT, Array, flat
from .compiler import Kernel

__all__ = [
    "average_step",
    "clip",
    "limit_norm",
    "lion_step",
    "scale",
    "sgd_step",
]


@Kernel
def _sgd_step(w, g, velocity, finite, rate, momentum, nesterov, decay):  # type: ignore
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        move = rate * g[i]
        change = momentum * velocity[i] - move
        velocity[i] = change
        w[i] += (momentum * change - move if nesterov else change) - decay * w[i]


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
    rate, decay = FLOAT(learning_rate), FLOAT(learning_rate * weight_decay)
    _sgd_step.over(w.size, w, g, velocity, finite, rate, FLOAT(momentum), bool(nesterov), decay)


@Kernel
def _lion_step(w, g, m, finite, rate, beta_1, rest_1, beta_2, rest_2, decay):  # type: ignore
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        direction = sign(beta_1 * m[i] + rest_1 * g[i])
        w[i] = w[i] - decay * w[i] - rate * direction
        m[i] = beta_2 * m[i] + rest_2 * g[i]


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
    decay = learning_rate * weight_decay
    scalars = (learning_rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, decay)
    _lion_step.over(w.size, w, g, m, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _average_step(average, w, finite, rest):  # type: ignore
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        average[i] += rest * (w[i] - average[i])


@checked(FLOAT)
def average_step(average: Array, w: Array, finite: Array, momentum: float) -> None:
    """average += (1 - momentum) (w - average): where both are equal it stays as it is."""
    _average_step.over(w.size, average, w, finite, FLOAT(1.0 - momentum))


@Kernel
def _clip(x, limit):  # type: ignore
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[i] = clipped(x[i], limit)


@checked(FLOAT)
def clip(x: Array, limit: float) -> None:
    """x = limit above limit, -limit below -limit (gradient clipping by value); limit >= 0."""
    _clip.over(x.size, *flat(x), FLOAT(limit))


@Kernel
def _scale(x, factor):  # type: ignore
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[i] *= factor


@checked(FLOAT)
def scale(x: Array, factor: float) -> None:
    """x *= factor."""
    _scale.over(x.size, *flat(x), FLOAT(factor))


@Kernel
def _limit_norm(x, squares, limit):  # type: ignore
    total = np.float32(0)
    for i in range(squares.size):  # few: every thread adds them itself
        total += squares[i]
    norm = math.sqrt(total)
    if norm > limit:
        factor = limit / norm
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            x[i] *= factor


@checked(FLOAT)
def limit_norm(x: Array, squares: Array, limit: float) -> None:
    """x *= limit / norm if norm > limit, where norm^2 is the sum of squares (n,).

    Gradient clipping by norm: Pascanu et al. 2013, section 3.2.
    """
    _limit_norm.over(x.size, *flat(x), squares, FLOAT(limit))
