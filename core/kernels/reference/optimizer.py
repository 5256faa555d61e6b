"""Optimiser steps on flat arrays of parameters (k,), as Keras 3 defines them."""

import math

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array

__all__ = [
    "adam_step",
    "scale",
    "sgd_step",
]


@checked(FLOAT)
def sgd_step(
    w: Array, g: Array, velocity: Array, learning_rate: float, momentum: float, nesterov: bool
) -> None:
    """velocity = momentum velocity - learning_rate g; w += velocity.

    With nesterov (Sutskever et al. 2013), w += momentum velocity - learning_rate g instead.
    """
    velocity *= momentum
    velocity -= learning_rate * g
    w += momentum * velocity - learning_rate * g if nesterov else velocity


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
    w -= learning_rate * weight_decay * w
    m += (1.0 - beta_1) * (g - m)
    v += (1.0 - beta_2) * (g * g - v)
    w -= rate * m / (np.sqrt(v) + epsilon)


@checked(FLOAT)
def scale(x: Array, factor: float) -> None:
    """x *= factor (gradient clipping by norm)."""
    x *= factor
