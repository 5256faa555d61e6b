"""Steps of Adagrad, Adadelta and RMSprop on flat arrays of parameters (k,), as in Keras 3.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

from numba import prange

from .. import formulas
from ..contract import twin
from ..reference import optimizer_adagrad as reference
from .arrays import FLOAT
from .loops.blocks import block_bounds, block_count
from .machine.compiler import compiled

_not_negative = compiled()(formulas.relu)


@compiled()
def _adagrad_block(w, g, squares, rate, epsilon, decay):
    for i in range(w.size):
        squares[i] += g[i] * g[i]
        w[i] = w[i] - decay * w[i] - rate * g[i] / math.sqrt(squares[i] + epsilon)


@compiled(parallel=True)
def _adagrad_step(w, g, squares, rate, epsilon, decay):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adagrad_block(w[some], g[some], squares[some], rate, epsilon, decay)


@twin(reference.adagrad_step)
def adagrad_step(w, g, squares, finite, learning_rate, epsilon, weight_decay):
    if not finite[0]:
        return
    scalars = (learning_rate, epsilon, learning_rate * weight_decay)
    _adagrad_step(w, g, squares, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _adadelta_block(w, g, squares, changes, rate, rho, rest, epsilon, decay):
    for i in range(w.size):
        squares[i] = rho * squares[i] + rest * g[i] * g[i]
        change = -math.sqrt(changes[i] + epsilon) / math.sqrt(squares[i] + epsilon) * g[i]
        changes[i] = rho * changes[i] + rest * change * change
        w[i] = w[i] - decay * w[i] + rate * change


@compiled(parallel=True)
def _adadelta_step(w, g, squares, changes, rate, rho, rest, epsilon, decay):
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adadelta_block(
            w[some], g[some], squares[some], changes[some], rate, rho, rest, epsilon, decay
        )


@twin(reference.adadelta_step)
def adadelta_step(w, g, squares, changes, finite, learning_rate, rho, epsilon, weight_decay):
    if not finite[0]:
        return
    scalars = (learning_rate, rho, 1.0 - rho, epsilon, learning_rate * weight_decay)
    _adadelta_step(w, g, squares, changes, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _rmsprop_block(w, g, squares, mean, velocity, rate, rho, rest, momentum, epsilon, decay):
    for i in range(w.size):
        squares[i] = rho * squares[i] + rest * g[i] * g[i]
        variance = squares[i]
        if mean is not None:
            mean[i] = rho * mean[i] + rest * g[i]
            variance = _not_negative(variance - mean[i] * mean[i])
        step = rate * g[i] / math.sqrt(variance + epsilon)
        if velocity is not None:
            step = momentum * velocity[i] + step
            velocity[i] = step
        w[i] = w[i] - decay * w[i] - step


@compiled(parallel=True)
def _rmsprop_step(w, g, squares, mean, velocity, rate, rho, rest, momentum, epsilon, decay):
    """Compiled once for each of the four combinations of arrays and None."""
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _rmsprop_block(
            w[some],
            g[some],
            squares[some],
            None if mean is None else mean[some],
            None if velocity is None else velocity[some],
            rate,
            rho,
            rest,
            momentum,
            epsilon,
            decay,
        )


@twin(reference.rmsprop_step)
def rmsprop_step(
    w, g, squares, mean, velocity, finite, learning_rate, rho, momentum, epsilon, weight_decay
):
    if not finite[0]:
        return
    scalars = (learning_rate, rho, 1.0 - rho, momentum, epsilon, learning_rate * weight_decay)
    _rmsprop_step(w, g, squares, mean, velocity, *(FLOAT(scalar) for scalar in scalars))
