"""A simple recurrent layer, by definition (Elman 1990): the state feeds back through one matrix.

In the laws: n samples, t steps, u units.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..contract import kernel
from .arrays import Array
from .recurrence import before, outer, sigmoid, steps

_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}
_GRADIENTS: Mapping[str, Callable[[Array, Array], Array]] = {
    "linear": lambda dy, _: dy,
    "relu": lambda dy, y: np.where(y <= 0.0, 0.0, dy),
    "sigmoid": lambda dy, y: dy * y * (1.0 - y),
    "tanh": lambda dy, y: dy * (1.0 - y * y),
}


@kernel(y="n t u", w="u u")
def simple_rnn_forward(y: Array, w: Array, activation: str, reverse: bool) -> None:
    """y (n, t, u), which holds each step's projected input, becomes the states.

    state = activation(projection + state before . w), with w (u, u); before the first step there is
    no state and no product. activation is "linear", "relu", "sigmoid" or "tanh".
    """
    state = None
    for time in steps(y.shape[1], reverse):
        total = y[:, time] if state is None else y[:, time] + state @ w
        state = y[:, time] = _ACTIVATIONS[activation](total)


@kernel(dy="n t u", dw="u u?", y="n t u", w="u u")
def simple_rnn_backward(
    dy: Array, dw: Array | None, y: Array, w: Array, activation: str, reverse: bool
) -> None:
    """dy (n, t, u), the gradient of the states, becomes that of the projected inputs.

    dw (u, u), or None, is added to.
    """
    later = np.zeros_like(dy[:, 0])
    for time in steps(y.shape[1], not reverse):
        dy[:, time] = _GRADIENTS[activation](dy[:, time] + later, y[:, time])
        later = dy[:, time] @ w.T
    if dw is not None:
        dw += outer(before(y, reverse), dy)
