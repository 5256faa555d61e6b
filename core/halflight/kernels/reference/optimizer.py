"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(w="k", g="k", velocity="k", finite="1")
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
    w -= learning_rate * weight_decay * w
    velocity *= momentum
    velocity -= learning_rate * g
    w += momentum * velocity - learning_rate * g if nesterov else velocity


@kernel(w="k", g="k", m="k", finite="1")
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
    w -= learning_rate * weight_decay * w
    w -= learning_rate * np.sign(beta_1 * m + (1.0 - beta_1) * g)
    m *= beta_2
    m += (1.0 - beta_2) * g


@kernel(average="k", w="k", finite="1")
def average_step(average: Array, w: Array, finite: Array, momentum: float) -> None:
    """average += (1 - momentum) (w - average): where both are equal it stays as it is."""
    if not finite[0]:
        return
    average += (1.0 - momentum) * (w - average)


@kernel(x="k")
def clip(x: Array, limit: float) -> None:
    """x = limit above limit, -limit below -limit (gradient clipping by value); limit >= 0."""
    np.clip(x, -limit, limit, out=x)


@kernel(x="k", squares="n")
def limit_norm(x: Array, squares: Array, limit: float) -> None:
    """x *= limit / norm if norm > limit, where norm^2 is the sum of squares (n,).

    Gradient clipping by norm: Pascanu et al. 2013, section 3.2.
    """
    norm = math.sqrt(squares.sum())
    if norm > limit:
        x *= limit / norm


@kernel(x="k")
def scale(x: Array, factor: float) -> None:
    """x *= factor."""
    x *= factor
