"""Steps of Adam and its kin on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019, AdamW); then
m and v become running means of g and g^2. `step` counts from 1.
"""

import math

from numba import cuda

from ..contract import twin
from ..formulas import maximum
from ..reference import optimizer_adam as reference
from .arrays import FLOAT
from .machine.compiler import Kernel


def _moved(means, i, value, rest):
    """means[i], a running mean, once it has moved towards a value."""
    mean = means[i] + rest * (value - means[i])
    means[i] = mean
    return mean


@Kernel
def _adam_step(w, g, m, v, finite, rate, decay, rest_1, rest_2, epsilon):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        mean, square = _moved(m, i, g[i], rest_1), _moved(v, i, g[i] * g[i], rest_2)
        w[i] = w[i] - decay * w[i] - rate * mean / (math.sqrt(square) + epsilon)


@twin(reference.adam_step)
def adam_step(w, g, m, v, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step):
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _adam_step.over(w.size, w, g, m, v, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _amsgrad_step(w, g, m, v, v_max, finite, rate, decay, rest_1, rest_2, epsilon):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        mean, square = _moved(m, i, g[i], rest_1), _moved(v, i, g[i] * g[i], rest_2)
        largest = maximum(v_max[i], square)
        v_max[i] = largest
        w[i] = w[i] - decay * w[i] - rate * mean / (math.sqrt(largest) + epsilon)


@twin(reference.amsgrad_step)
def amsgrad_step(
    w, g, m, v, v_max, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step
):
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    decay = learning_rate * weight_decay
    scalars = (rate, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _amsgrad_step.over(w.size, w, g, m, v, v_max, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _adamax_step(w, g, m, u, finite, rate, decay, rest_1, beta_2, epsilon):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        mean = _moved(m, i, g[i], rest_1)
        largest = maximum(beta_2 * u[i], abs(g[i]))
        u[i] = largest
        w[i] = w[i] - decay * w[i] - rate * mean / (largest + epsilon)


@twin(reference.adamax_step)
def adamax_step(w, g, m, u, finite, learning_rate, beta_1, beta_2, epsilon, weight_decay, step):
    rate = learning_rate / (1.0 - beta_1**step)
    scalars = (rate, learning_rate * weight_decay, 1.0 - beta_1, beta_2, epsilon)
    _adamax_step.over(w.size, w, g, m, u, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _nadam_step(
    w, g, m, v, finite, by_mean, by_gradient, correction, decay, rest_1, rest_2, epsilon
):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        mean, square = _moved(m, i, g[i], rest_1), _moved(v, i, g[i] * g[i], rest_2)
        direction = by_mean * mean + by_gradient * g[i]
        w[i] = w[i] - decay * w[i] - direction / (math.sqrt(correction * square) + epsilon)


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
    by_mean = learning_rate * next_momentum / (1.0 - momentum_product * next_momentum)
    by_gradient = learning_rate * (1.0 - momentum) / (1.0 - momentum_product)
    correction, decay = 1.0 / (1.0 - beta_2**step), learning_rate * weight_decay
    scalars = (by_mean, by_gradient, correction, decay, 1.0 - beta_1, 1.0 - beta_2, epsilon)
    _nadam_step.over(w.size, w, g, m, v, finite, *(FLOAT(scalar) for scalar in scalars))
