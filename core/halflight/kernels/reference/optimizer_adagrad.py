"""Steps of Adagrad, Adadelta and RMSprop on flat arrays of parameters (k,), as in Keras 3.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019).
"""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(w="k", g="k", squares="k", finite="1")
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
    w -= learning_rate * weight_decay * w
    squares += g * g
    w -= learning_rate * g / np.sqrt(squares + epsilon)


@kernel(w="k", g="k", squares="k", changes="k", finite="1")
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
    w -= learning_rate * weight_decay * w
    squares *= rho
    squares += (1.0 - rho) * g * g
    change = -np.sqrt(changes + epsilon) / np.sqrt(squares + epsilon) * g
    changes *= rho
    changes += (1.0 - rho) * change * change
    w += learning_rate * change


@kernel(w="k", g="k", squares="k", mean="k?", velocity="k?", finite="1")
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
    w -= learning_rate * weight_decay * w
    squares *= rho
    squares += (1.0 - rho) * g * g
    variance = squares
    if mean is not None:
        mean *= rho
        mean += (1.0 - rho) * g
        variance = np.maximum(squares - mean * mean, 0.0)
    step = learning_rate * g / np.sqrt(variance + epsilon)
    if velocity is not None:
        velocity *= momentum
        velocity += step
        step = velocity
    w -= step
