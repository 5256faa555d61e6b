"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import clipped, sign
from ..reference import optimizer as reference
from .arrays import FLOAT, flat
from .machine.compiler import Kernel


@Kernel
def _sgd_step(w, g, velocity, finite, rate, momentum, nesterov, decay):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        move = rate * g[i]
        change = momentum * velocity[i] - move
        velocity[i] = change
        w[i] += (momentum * change - move if nesterov else change) - decay * w[i]


@twin(reference.sgd_step)
def sgd_step(w, g, velocity, finite, learning_rate, momentum, nesterov, weight_decay):
    rate, decay = FLOAT(learning_rate), FLOAT(learning_rate * weight_decay)
    _sgd_step.over(w.size, w, g, velocity, finite, rate, FLOAT(momentum), bool(nesterov), decay)


@Kernel
def _lion_step(w, g, m, finite, rate, beta_1, rest_1, beta_2, rest_2, decay):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        direction = sign(beta_1 * m[i] + rest_1 * g[i])
        w[i] = w[i] - decay * w[i] - rate * direction
        m[i] = beta_2 * m[i] + rest_2 * g[i]


@twin(reference.lion_step)
def lion_step(w, g, m, finite, learning_rate, beta_1, beta_2, weight_decay):
    decay = learning_rate * weight_decay
    scalars = (learning_rate, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, decay)
    _lion_step.over(w.size, w, g, m, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _average_step(average, w, finite, rest):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        average[i] += rest * (w[i] - average[i])


@twin(reference.average_step)
def average_step(average, w, finite, momentum):
    _average_step.over(w.size, average, w, finite, FLOAT(1.0 - momentum))


@Kernel
def _clip(x, limit):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[i] = clipped(x[i], limit)


@twin(reference.clip)
def clip(x, limit):
    _clip.over(x.size, *flat(x), FLOAT(limit))


@Kernel
def _scale(x, factor):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        x[i] *= factor


@twin(reference.scale)
def scale(x, factor):
    _scale.over(x.size, *flat(x), FLOAT(factor))


@Kernel
def _limit_norm(x, squares, limit):
    total = np.float32(0)
    for i in range(squares.size):  # few: every thread adds them itself
        total += squares[i]
    norm = math.sqrt(total)
    if norm > limit:
        factor = limit / norm
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            x[i] *= factor


@twin(reference.limit_norm)
def limit_norm(x, squares, limit):
    _limit_norm.over(x.size, *flat(x), squares, FLOAT(limit))
