"""Long short-term memory, by definition (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

In the laws: n samples, t steps, u units.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .recurrence import before, outer, sigmoid, steps


@kernel(y="n t u", c="n t u", gates="n t 4u", w="u 4u")
def lstm_forward(y: Array, c: Array, gates: Array, w: Array, reverse: bool) -> None:
    """y (n, t, u) = the states and c (n, t, u) = the cells, from gates (n, t, 4u) and w (u, 4u).

    gates holds each step's projected input and becomes the activated gates, in Keras's order i, f,
    g, o. With i, f, o = sigmoid and g = tanh of (projection + state before . w), the cell is
    f cell before + i g and the state o tanh(cell) (Gers et al. 2000, eqs. 3-9, without peepholes).
    """
    state, cell = None, np.zeros_like(c[:, 0])
    for time in steps(y.shape[1], reverse):
        total = gates[:, time] if state is None else gates[:, time] + state @ w
        i, f, g, o = np.split(total, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        gates[:, time] = np.concatenate([i, f, g, o], axis=1)
        cell = c[:, time] = f * cell + i * g
        state = y[:, time] = o * np.tanh(cell)


@kernel(gates="n t 4u", dw="u 4u?", dy="n t u", y="n t u", c="n t u", w="u 4u")
def lstm_backward(
    gates: Array, dw: Array | None, dy: Array, y: Array, c: Array, w: Array, reverse: bool
) -> None:
    """gates (n, t, 4u), as lstm_forward left it, becomes the gradient of the projected inputs.

    dw (u, 4u), or None, is added to. dy (n, t, u) is the gradient of the states y.
    """
    cells = before(c, reverse)
    dstate, dcell = np.zeros_like(dy[:, 0]), np.zeros_like(dy[:, 0])
    for time in steps(y.shape[1], not reverse):
        i, f, g, o = np.split(gates[:, time].copy(), 4, axis=1)
        squashed = np.tanh(c[:, time])
        dstate = dy[:, time] + dstate
        dcell = dcell + dstate * o * (1.0 - squashed**2)
        gradients = (
            dcell * g * i * (1.0 - i),
            dcell * cells[:, time] * f * (1.0 - f),
            dcell * i * (1.0 - g**2),
            dstate * squashed * o * (1.0 - o),
        )
        dcell = dcell * f
        gates[:, time] = np.concatenate(gradients, axis=1)
        dstate = gates[:, time] @ w.T
    if dw is not None:
        dw += outer(before(y, reverse), gates)
