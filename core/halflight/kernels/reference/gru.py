"""Gated recurrent units, by definition (Cho et al. 2014), in Keras's two versions.

The gates are z, r, h in that order, and state = z state before + (1 - z) h. The reset gate r acts
after the recurrent product (Keras's default, and cuDNN's), or before it, as first published.

In the laws: n samples, t steps, u units.
"""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .recurrence import before, outer, sigmoid, steps


@kernel(y="n t u", inner="n t u", gates="n t 3u", w="u 3u", b="2 3u?")
def gru_forward(
    y: Array, inner: Array, gates: Array, w: Array, b: Array | None, reverse: bool
) -> None:
    """y (n, t, u) = the states, from gates (n, t, 3u), w (u, 3u) and b (2, 3u) or None.

    gates holds each step's projected input, without bias, and becomes the activated gates. With
    p = projection + b[0] and q = state before . w + b[1]: z = sigmoid(p + q), r = sigmoid(p + q),
    h = tanh(p + r q), each from its own third of p and q. inner (n, t, u) = the last third of q.
    """
    q, state = np.zeros_like(gates[:, 0]), np.zeros_like(y[:, 0])
    for number, time in enumerate(steps(y.shape[1], reverse)):
        if number > 0:
            q = state @ w
        p = gates[:, time]
        if b is not None:
            p, q = p + b[0], q + b[1]
        (pz, pr, ph), (qz, qr, qh) = np.split(p, 3, axis=1), np.split(q, 3, axis=1)
        z, r = sigmoid(pz + qz), sigmoid(pr + qr)
        h = np.tanh(ph + r * qh)
        gates[:, time], inner[:, time] = np.concatenate([z, r, h], axis=1), qh
        state = y[:, time] = z * state + (1.0 - z) * h


@kernel(gates="n t 3u", dw="u 3u?", db="2 3u?", dy="n t u", y="n t u", inner="n t u", w="u 3u")
def gru_backward(
    gates: Array,
    dw: Array | None,
    db: Array | None,
    dy: Array,
    y: Array,
    inner: Array,
    w: Array,
    reverse: bool,
) -> None:
    """gates (n, t, 3u), as gru_forward left it, becomes the gradient of the projected inputs.

    dw (u, 3u) and db (2, 3u), each or None, are added to. dy (n, t, u) is the gradient of y.
    """
    states, dq = before(y, reverse), np.empty_like(gates)
    dstate = np.zeros_like(dy[:, 0])
    for time in steps(y.shape[1], not reverse):
        z, r, h = np.split(gates[:, time].copy(), 3, axis=1)
        dstate = dy[:, time] + dstate
        dz = dstate * (states[:, time] - h) * z * (1.0 - z)
        dh = dstate * (1.0 - z) * (1.0 - h**2)
        dr = dh * inner[:, time] * r * (1.0 - r)
        gates[:, time] = np.concatenate([dz, dr, dh], axis=1)
        dq[:, time] = np.concatenate([dz, dr, dh * r], axis=1)
        dstate = dstate * z + dq[:, time] @ w.T
    if dw is not None:
        dw += outer(states, dq)
    if db is not None:
        db += [gates.sum(axis=(0, 1)), dq.sum(axis=(0, 1))]


@kernel(y="n t u", gates="n t 3u", w="u 3u")
def gru_reset_before_forward(y: Array, gates: Array, w: Array, reverse: bool) -> None:
    """y (n, t, u) = the states, from gates (n, t, 3u) and w (u, 3u), in thirds wz, wr, wh.

    gates holds each step's projected input p and becomes the activated gates:
    z = sigmoid(p + state before . wz), r = sigmoid(p + state before . wr),
    h = tanh(p + (r state before) . wh), each from its own third of p.
    """
    units = y.shape[2]
    state = None
    for time in steps(y.shape[1], reverse):
        p = gates[:, time].copy()
        if state is not None:
            p[:, : 2 * units] += state @ w[:, : 2 * units]
        z, r = sigmoid(p[:, :units]), sigmoid(p[:, units : 2 * units])
        if state is not None:
            p[:, 2 * units :] += (r * state) @ w[:, 2 * units :]
        h = np.tanh(p[:, 2 * units :])
        gates[:, time] = np.concatenate([z, r, h], axis=1)
        kept = 0.0 if state is None else z * state
        state = y[:, time] = kept + (1.0 - z) * h


@kernel(gates="n t 3u", dw="u 3u?", dy="n t u", y="n t u", w="u 3u")
def gru_reset_before_backward(
    gates: Array, dw: Array | None, dy: Array, y: Array, w: Array, reverse: bool
) -> None:
    """gates (n, t, 3u), as gru_reset_before_forward left it, becomes the projections' gradient.

    dw (u, 3u), or None, is added to. dy (n, t, u) is the gradient of the states y.
    """
    units = y.shape[2]
    states, kept = before(y, reverse), np.empty_like(y)
    dstate = np.zeros_like(dy[:, 0])
    for time in steps(y.shape[1], not reverse):
        z, r, h = np.split(gates[:, time].copy(), 3, axis=1)
        dstate = dy[:, time] + dstate
        dz = dstate * (states[:, time] - h) * z * (1.0 - z)
        dh = dstate * (1.0 - z) * (1.0 - h**2)
        dkept = dh @ w[:, 2 * units :].T
        dr = dkept * states[:, time] * r * (1.0 - r)
        kept[:, time] = r * states[:, time]
        gates[:, time] = np.concatenate([dz, dr, dh], axis=1)
        dstate = dstate * z + dkept * r + gates[:, time, : 2 * units] @ w[:, : 2 * units].T
    if dw is not None:
        dw[:, : 2 * units] += outer(states, gates[:, :, : 2 * units])
        dw[:, 2 * units :] += outer(kept, gates[:, :, 2 * units :])
