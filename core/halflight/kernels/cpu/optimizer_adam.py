"""Steps of Adam and its kin on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019, AdamW); then
m and v become running means of g and g^2. `step` counts from 1.
"""

import math

from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "adam_step",
    "adamax_step",
    "amsgrad_step",
    "nadam_step",
]

_maximum = compiled()(formulas.maximum)


@compiled()
def _adam_block(w, g, m, v, rate, decay, rest_1, rest_2, epsilon):  # type: ignore
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        v[i] += rest_2 * (g[i] * g[i] - v[i])
        w[i] = w[i] - decay * w[i] - rate * m[i] / (math.sqrt(v[i]) + epsilon)


@compiled(parallel=True)
def _adam_step(w, g, m, v, rate, decay, rest_1, rest_2, epsilon):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adam_block(w[some], g[some], m[some], v[some], rate, decay, rest_1, rest_2, epsilon)


@checked(FLOAT)
def adam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """w -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) m / (sqrt(v) + epsilon).

    Kingma & Ba 2015, end of section 2.
    """
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _adam_step(w, g, m, v, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _amsgrad_block(w, g, m, v, v_max, rate, decay, rest_1, rest_2, epsilon):  # type: ignore
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        v[i] += rest_2 * (g[i] * g[i] - v[i])
        v_max[i] = _maximum(v_max[i], v[i])
        w[i] = w[i] - decay * w[i] - rate * m[i] / (math.sqrt(v_max[i]) + epsilon)


@compiled(parallel=True)
def _amsgrad_step(w, g, m, v, v_max, rate, decay, rest_1, rest_2, epsilon):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _amsgrad_block(
            w[some], g[some], m[some], v[some], v_max[some], rate, decay, rest_1, rest_2, epsilon
        )


@checked(FLOAT)
def amsgrad_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """As `adam_step` with v_max = max(v_max, v) in the place of v. Reddi et al. 2018, algorithm 2.

    As in Keras, Adam's bias correction is kept.
    """
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _amsgrad_step(w, g, m, v, v_max, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _adamax_block(w, g, m, u, rate, decay, rest_1, beta_2, epsilon):  # type: ignore
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        u[i] = _maximum(beta_2 * u[i], abs(g[i]))
        w[i] = w[i] - decay * w[i] - rate * m[i] / (u[i] + epsilon)


@compiled(parallel=True)
def _adamax_step(w, g, m, u, rate, decay, rest_1, beta_2, epsilon):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adamax_block(w[some], g[some], m[some], u[some], rate, decay, rest_1, beta_2, epsilon)


@checked(FLOAT)
def adamax_step(
    w: Array,
    g: Array,
    m: Array,
    u: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """u = max(beta_2 u, |g|); w -= learning_rate / (1 - beta_1^step) m / (u + epsilon).

    Kingma & Ba 2015, algorithm 2; epsilon as in Keras.
    """
    if not finite[0]:
        return
    rate = learning_rate / (1.0 - beta_1**step)
    scalars = (rate, learning_rate * weight_decay, 1.0 - beta_1, beta_2, epsilon)
    _adamax_step(w, g, m, u, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _nadam_block(w, g, m, v, by_mean, by_gradient, correction, decay, rest_1, rest_2, epsilon):  # type: ignore
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        v[i] += rest_2 * (g[i] * g[i] - v[i])
        direction = by_mean * m[i] + by_gradient * g[i]
        w[i] = w[i] - decay * w[i] - direction / (math.sqrt(correction * v[i]) + epsilon)


@compiled(parallel=True)
def _nadam_step(w, g, m, v, by_mean, by_gradient, correction, decay, rest_1, rest_2, epsilon):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _nadam_block(
            w[some],
            g[some],
            m[some],
            v[some],
            by_mean,
            by_gradient,
            correction,
            decay,
            rest_1,
            rest_2,
            epsilon,
        )


@checked(FLOAT)
def nadam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    finite: Array,
    learning_rate: float,
    momentum: float,
    next_momentum: float,
    momentum_product: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """w -= learning_rate m_hat / (sqrt(v / (1 - beta_2^step)) + epsilon). Dozat 2016.

    m_hat = next_momentum m / (1 - momentum_product next_momentum)
    + (1 - momentum) g / (1 - momentum_product), where `momentum` is this step's, `next_momentum`
    the next one's and `momentum_product` that of all steps to this one.
    """
    if not finite[0]:
        return
    by_mean = learning_rate * next_momentum / (1.0 - momentum_product * next_momentum)
    by_gradient = learning_rate * (1.0 - momentum) / (1.0 - momentum_product)
    correction, decay = 1.0 / (1.0 - beta_2**step), learning_rate * weight_decay
    scalars = (by_mean, by_gradient, correction, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _nadam_step(w, g, m, v, *(FLOAT(scalar) for scalar in scalars))
