"""Steps of Adam and its kin on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019, AdamW); then
m and v become running means of g and g^2. `step` counts from 1.
"""

import math

from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import optimizer_adam as reference
from .arrays import FLOAT
from .loops.blocks import block_bounds, block_count
from .machine.arithmetic import fma
from .machine.compiler import compiled

_maximum = compiled()(formulas.maximum)


@compiled()
def _adam_block(w, g, m, v, rate, decay, rest_1, rest_2, epsilon):
    for i in range(w.size):
        m[i] = fma(rest_1, g[i] - m[i], m[i])
        v[i] = fma(rest_2, fma(g[i], g[i], -v[i]), v[i])
        w[i] = fma(-decay, w[i], w[i]) - rate * m[i] / (math.sqrt(v[i]) + epsilon)


@compiled(parallel=True)
def _adam_step(w, g, m, v, rate, decay, rest_1, rest_2, epsilon):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adam_block(w[some], g[some], m[some], v[some], rate, decay, rest_1, rest_2, epsilon)


@twin(reference.adam_step)
def adam_step(w, g, m, v, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step):
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _adam_step(w, g, m, v, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _amsgrad_block(w, g, m, v, v_max, rate, decay, rest_1, rest_2, epsilon):
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        v[i] += rest_2 * (g[i] * g[i] - v[i])
        v_max[i] = _maximum(v_max[i], v[i])
        w[i] = w[i] - decay * w[i] - rate * m[i] / (math.sqrt(v_max[i]) + epsilon)


@compiled(parallel=True)
def _amsgrad_step(w, g, m, v, v_max, rate, decay, rest_1, rest_2, epsilon):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _amsgrad_block(
            w[some], g[some], m[some], v[some], v_max[some], rate, decay, rest_1, rest_2, epsilon
        )


@twin(reference.amsgrad_step)
def amsgrad_step(
    w, g, m, v, v_max, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step
):
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _amsgrad_step(w, g, m, v, v_max, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _adamax_block(w, g, m, u, rate, decay, rest_1, beta_2, epsilon):
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        u[i] = _maximum(beta_2 * u[i], abs(g[i]))
        w[i] = w[i] - decay * w[i] - rate * m[i] / (u[i] + epsilon)


@compiled(parallel=True)
def _adamax_step(w, g, m, u, rate, decay, rest_1, beta_2, epsilon):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adamax_block(w[some], g[some], m[some], u[some], rate, decay, rest_1, beta_2, epsilon)


@twin(reference.adamax_step)
def adamax_step(w, g, m, u, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step):
    if not finite[0]:
        return
    rate = learning_rate / (1.0 - beta_1**step)
    scalars = (rate, learning_rate * weight_decay, 1.0 - beta_1, beta_2, epsilon)
    _adamax_step(w, g, m, u, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _nadam_block(w, g, m, v, by_mean, by_gradient, correction, decay, rest_1, rest_2, epsilon):
    for i in range(w.size):
        m[i] += rest_1 * (g[i] - m[i])
        v[i] += rest_2 * (g[i] * g[i] - v[i])
        direction = by_mean * m[i] + by_gradient * g[i]
        w[i] = w[i] - decay * w[i] - direction / (math.sqrt(correction * v[i]) + epsilon)


@compiled(parallel=True)
def _nadam_step(w, g, m, v, by_mean, by_gradient, correction, decay, rest_1, rest_2, epsilon):
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


@twin(reference.nadam_step)
def nadam_step(
    w,
    g,
    m,
    v,
    finite,
    learning_rate,
    momentum,
    next_momentum,
    momentum_product,
    beta_1,
    beta_2,
    epsilon,
    weight_decay,
    step,
):
    if not finite[0]:
        return
    by_mean = learning_rate * next_momentum / (1.0 - momentum_product * next_momentum)
    by_gradient = learning_rate * (1.0 - momentum) / (1.0 - momentum_product)
    correction, decay = 1.0 / (1.0 - beta_2**step), learning_rate * weight_decay
    scalars = (by_mean, by_gradient, correction, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _nadam_step(w, g, m, v, *(FLOAT(scalar) for scalar in scalars))
