"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them."""

import math

import numpy as np
from numba import prange

from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "adam_step",
    "scale",
    "sgd_step",
]


@compiled(parallel=True)
def _sgd_step(w, g, velocity, learning_rate, momentum, nesterov):  # type: ignore
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            change = momentum * velocity[i] - learning_rate * g[i]
            velocity[i] = change
            w[i] += momentum * change - learning_rate * g[i] if nesterov else change


@checked(FLOAT)
def sgd_step(
    w: Array, g: Array, velocity: Array, learning_rate: float, momentum: float, nesterov: bool
) -> None:
    """velocity = momentum velocity - learning_rate g; w += velocity.

    With nesterov (Sutskever et al. 2013), w += momentum velocity - learning_rate g instead.
    """
    _sgd_step(w, g, velocity, FLOAT(learning_rate), FLOAT(momentum), bool(nesterov))


@compiled(parallel=True)
def _adam_step(w, g, m, v, rate, decay, rest_1, rest_2, epsilon):  # type: ignore
    for block in prange(block_count(w.size)):
        start, stop = block_bounds(block, w.size)
        for i in range(start, stop):
            m[i] += rest_1 * (g[i] - m[i])
            v[i] += rest_2 * (g[i] * g[i] - v[i])
            w[i] = w[i] - decay * w[i] - rate * m[i] / (math.sqrt(v[i]) + epsilon)


@checked(FLOAT)
def adam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """One step of Adam (Kingma & Ba 2015, end of section 2) or AdamW; `step` counts from 1.

    First w -= learning_rate weight_decay w (Loshchilov & Hutter 2019), then
    w -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) m / (sqrt(v) + epsilon).
    """
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _adam_step(w, g, m, v, *(FLOAT(scalar) for scalar in scalars))


@checked(FLOAT)
def scale(x: Array, factor: float) -> None:
    """x *= factor (gradient clipping by norm)."""
    np.multiply(x, FLOAT(factor), out=x)
