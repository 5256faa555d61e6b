"""Steps of Adagrad, Adadelta and RMSprop on flat arrays of parameters (k,), as in Keras 3.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import math

from numba import cuda

from ..contract import checked
from ..formulas import relu
from .arrays import FLOAT, Array
from .compiler import Kernel

__all__ = [
    "adadelta_step",
    "adagrad_step",
    "rmsprop_step",
]


@Kernel
def _adagrad_step(w, g, squares, finite, rate, epsilon, decay):  # type: ignore
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        square = squares[i] + g[i] * g[i]
        squares[i] = square
        w[i] = w[i] - decay * w[i] - rate * g[i] / math.sqrt(square + epsilon)


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
    scalars = (learning_rate, epsilon, learning_rate * weight_decay)
    _adagrad_step.over(w.size, w, g, squares, finite, *(FLOAT(scalar) for scalar in scalars))


@Kernel
def _adadelta_step(w, g, squares, changes, finite, rate, rho, rest, epsilon, decay):  # type: ignore
    if finite[0] == 0:
        return
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        square = rho * squares[i] + rest * g[i] * g[i]
        squares[i] = square
        change = -math.sqrt(changes[i] + epsilon) / math.sqrt(square + epsilon) * g[i]
        changes[i] = rho * changes[i] + rest * change * change
        w[i] = w[i] - decay * w[i] + rate * change


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
    scalars = (learning_rate, rho, 1.0 - rho, epsilon, learning_rate * weight_decay)
    numbers = (FLOAT(scalar) for scalar in scalars)
    _adadelta_step.over(w.size, w, g, squares, changes, finite, *numbers)


@Kernel
def _rmsprop_step(  # type: ignore
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
    centred, moving = mean is not None, velocity is not None
    # An array that is not there is neither read nor written; w stands for it.
    arrays = (w, g, squares, mean if centred else w, velocity if moving else w)
    scalars = (learning_rate, rho, 1.0 - rho, momentum, epsilon, learning_rate * weight_decay)
    numbers = (FLOAT(scalar) for scalar in scalars)
    _rmsprop_step.over(w.size, *arrays, finite, (centred, moving), *numbers)
