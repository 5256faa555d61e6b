"""Steps of Adagrad, Adadelta and RMSprop on flat arrays of parameters (k,), as in Keras 3.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

from numba import prange

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled

__all__ = [
    "adadelta_step",
    "adagrad_step",
    "rmsprop_step",
]

_not_negative = compiled()(formulas.relu)


@compiled()
def _adagrad_block(w, g, squares, rate, epsilon, decay):  # type: ignore
    for i in range(w.size):
        squares[i] += g[i] * g[i]
        w[i] = w[i] - decay * w[i] - rate * g[i] / math.sqrt(squares[i] + epsilon)


@compiled(parallel=True)
def _adagrad_step(w, g, squares, rate, epsilon, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adagrad_block(w[some], g[some], squares[some], rate, epsilon, decay)


@checked(FLOAT)
def adagrad_step(
    w: Array,
    g: Array,
    squares: Array,
    finite: Array,
    learning_rate: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """squares += g^2; w -= learning_rate g / sqrt(squares + epsilon). Duchi et al. 2011."""
    if not finite[0]:
        return
    scalars = (learning_rate, epsilon, learning_rate * weight_decay)
    _adagrad_step(w, g, squares, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _adadelta_block(w, g, squares, changes, rate, rho, rest, epsilon, decay):  # type: ignore
    for i in range(w.size):
        squares[i] = rho * squares[i] + rest * g[i] * g[i]
        change = -math.sqrt(changes[i] + epsilon) / math.sqrt(squares[i] + epsilon) * g[i]
        changes[i] = rho * changes[i] + rest * change * change
        w[i] = w[i] - decay * w[i] + rate * change


@compiled(parallel=True)
def _adadelta_step(w, g, squares, changes, rate, rho, rest, epsilon, decay):  # type: ignore
    for block in prange(block_count(w.size)):
        some = slice(*block_bounds(block, w.size))
        _adadelta_block(
            w[some], g[some], squares[some], changes[some], rate, rho, rest, epsilon, decay
        )


@checked(FLOAT)
def adadelta_step(
    w: Array,
    g: Array,
    squares: Array,
    changes: Array,
    finite: Array,
    learning_rate: float,
    rho: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """w += learning_rate change, of running mean square `changes`. Zeiler 2012, algorithm 1.

    squares = rho squares + (1 - rho) g^2;
    change = -sqrt(changes + epsilon) / sqrt(squares + epsilon) g;
    changes = rho changes + (1 - rho) change^2.
    """
    if not finite[0]:
        return
    scalars = (learning_rate, rho, 1.0 - rho, epsilon, learning_rate * weight_decay)
    _adadelta_step(w, g, squares, changes, *(FLOAT(scalar) for scalar in scalars))


@compiled()
def _rmsprop_block(w, g, squares, mean, velocity, rate, rho, rest, momentum, epsilon, decay):  # type: ignore
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
def _rmsprop_step(w, g, squares, mean, velocity, rate, rho, rest, momentum, epsilon, decay):  # type: ignore
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


@checked(FLOAT)
def rmsprop_step(
    w: Array,
    g: Array,
    squares: Array,
    mean: Array | None,
    velocity: Array | None,
    finite: Array,
    learning_rate: float,
    rho: float,
    momentum: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """w -= learning_rate g / sqrt(squares + epsilon). Tieleman & Hinton 2012, lecture 6.5.

    squares = rho squares + (1 - rho) g^2, and `mean` likewise of g. With a `mean` the step is
    centred (Graves 2013, eq. 38-41): its square is taken from `squares`, down to no less than zero.
    With a `velocity`, velocity = momentum velocity + step, and w -= velocity.
    """
    if not finite[0]:
        return
    scalars = (learning_rate, rho, 1.0 - rho, momentum, epsilon, learning_rate * weight_decay)
    _rmsprop_step(w, g, squares, mean, velocity, *(FLOAT(scalar) for scalar in scalars))
