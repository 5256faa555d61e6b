"""Steps of Adagrad, Adadelta and RMSprop on flat arrays of parameters (k,), as in Keras 3.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

from numba import cuda

from ..contract import twin
from ..formulas import relu
from ..reference import optimizer_adagrad as reference
from .arrays import FLOAT
from .machine.compiler import Kernel


@Kernel
def _adagrad_step(w, g, squares, finite, rate, epsilon, decay):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        square = squares[i] + g[i] * g[i]
        squares[i] = square
        w[i] = w[i] - decay * w[i] - rate * g[i] / math.sqrt(square + epsilon)


@twin(reference.adagrad_step)
def adagrad_step(w, g, squares, finite, learning_rate, epsilon, weight_decay):
    scalars = (learning_rate, epsilon, learning_rate * weight_decay)
    _adagrad_step.over(w.size, w, g, squares, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _adadelta_step(w, g, squares, changes, finite, rate, rho, rest, epsilon, decay):
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        square = rho * squares[i] + rest * g[i] * g[i]
        squares[i] = square
        change = -math.sqrt(changes[i] + epsilon) / math.sqrt(square + epsilon) * g[i]
        changes[i] = rho * changes[i] + rest * change * change
        w[i] = w[i] - decay * w[i] + rate * change


@twin(reference.adadelta_step)
def adadelta_step(w, g, squares, changes, finite, learning_rate, rho, epsilon, weight_decay):
    scalars = (learning_rate, rho, 1.0 - rho, epsilon, learning_rate * weight_decay)
    numbers = (FLOAT(scalar) for scalar in scalars)
    _adadelta_step.over(w.size, w, g, squares, changes, finite, *numbers)


@Kernel
def _rmsprop_step(
    w, g, squares, mean, velocity, finite, kind, rate, rho, rest, momentum, epsilon, decay
):
    if finite[0] == 0:
        return
    centred, moving = kind
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        variance = rho * squares[i] + rest * g[i] * g[i]
        squares[i] = variance
        if centred:
            centre = rho * mean[i] + rest * g[i]
            mean[i] = centre
            variance = relu(variance - centre * centre)
        step = rate * g[i] / math.sqrt(variance + epsilon)
        if moving:
            step = momentum * velocity[i] + step
            velocity[i] = step
        w[i] = w[i] - decay * w[i] - step


@twin(reference.rmsprop_step)
def rmsprop_step(
    w, g, squares, mean, velocity, finite, learning_rate, rho, momentum, epsilon, weight_decay
):
    centred, moving = mean is not None, velocity is not None
    # An array that is not there is neither read nor written; w stands for it.
    arrays = (w, g, squares, mean if centred else w, velocity if moving else w)
    scalars = (learning_rate, rho, 1.0 - rho, momentum, epsilon, learning_rate * weight_decay)
    numbers = (FLOAT(scalar) for scalar in scalars)
    _rmsprop_step.over(w.size, *arrays, finite, (centred, moving), *numbers)
