"""A simple recurrent layer (Elman 1990): groups of samples in parallel, each through all steps."""

import math

import numba
import numpy as np

from .. import formulas
from ..contract import checked
from ..rules import RECURRENT_ACTIVATIONS
from .arrays import FLOAT, Array
from .compiler import compiled
from .dense import dense_backward_weights
from .recurrence import (
    group_bounds,
    group_count,
    group_rows,
    make_room,
    multiply,
    pack,
    states_before,
    step_time,
)

__all__ = [
    "simple_rnn_backward",
    "simple_rnn_forward",
]

_LINEAR, _RELU, _SIGMOID, _TANH = range(len(RECURRENT_ACTIVATIONS))

_relu = compiled()(formulas.relu)
_relu_gradient = compiled()(formulas.relu_gradient)
_sigmoid = compiled()(formulas.sigmoid)
_sigmoid_gradient = compiled()(formulas.sigmoid_gradient)
_tanh_gradient = compiled()(formulas.tanh_gradient)


@compiled()
def _activate(x, activation):  # type: ignore
    if activation == _TANH:
        return math.tanh(x)
    if activation == _RELU:
        return _relu(x)
    if activation == _SIGMOID:
        return _sigmoid(x)
    return x


@compiled()
def _gradient(dy, y, activation):  # type: ignore
    if activation == _TANH:
        return _tanh_gradient(dy, y)
    if activation == _RELU:
        return _relu_gradient(dy, y)
    if activation == _SIGMOID:
        return _sigmoid_gradient(dy, y)
    return dy


@compiled()
def _forward_group(y, packed, activation, reverse, state, product, panel, tile):  # type: ignore
    samples, times, units = y.shape
    product[:] = np.float32(0)
    for step in range(times):
        time = step_time(step, times, reverse)
        if step > 0:
            multiply(product, state, packed, panel, tile)
        for n in range(samples):
            for u in range(units):
                state[n, u] = _activate(y[n, time, u] + product[n, u], activation)
                y[n, time, u] = state[n, u]


@compiled(parallel=True)
def _forward(y, packed, activation, reverse, state, product, room):  # type: ignore
    for group in numba.prange(group_count(len(y))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(y))
        _forward_group(
            y[first:last],
            packed,
            activation,
            reverse,
            state[thread, : last - first],
            product[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@checked(FLOAT)
def simple_rnn_forward(y: Array, w: Array, activation: str, reverse: bool) -> None:
    """y (n, t, u), which holds each step's projected input, becomes the states."""
    units = y.shape[2]
    _forward(
        y,
        pack("recurrent", w),
        RECURRENT_ACTIVATIONS.index(activation),
        reverse,
        group_rows("state", units),
        group_rows("product", units),
        make_room(units),
    )


@compiled()
def _backward_group(dy, y, packed, activation, reverse, dtotal, later, panel, tile):  # type: ignore
    samples, times, units = y.shape
    later[:] = np.float32(0)
    for step in range(times - 1, -1, -1):
        time = step_time(step, times, reverse)
        for n in range(samples):
            for u in range(units):
                dtotal[n, u] = _gradient(dy[n, time, u] + later[n, u], y[n, time, u], activation)
                dy[n, time, u] = dtotal[n, u]
        if step > 0:
            multiply(later, dtotal, packed, panel, tile)


@compiled(parallel=True)
def _backward(dy, y, packed, activation, reverse, dtotal, later, room):  # type: ignore
    for group in numba.prange(group_count(len(y))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(y))
        _backward_group(
            dy[first:last],
            y[first:last],
            packed,
            activation,
            reverse,
            dtotal[thread, : last - first],
            later[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@checked(FLOAT)
def simple_rnn_backward(
    dy: Array, dw: Array | None, y: Array, w: Array, activation: str, reverse: bool
) -> None:
    """dy (n, t, u), the gradient of the states, becomes that of the projected inputs.

    dw (u, u), or None, is added to.
    """
    units = y.shape[2]
    _backward(
        dy,
        y,
        pack("recurrent", w.T),
        RECURRENT_ACTIVATIONS.index(activation),
        reverse,
        group_rows("gradient", units),
        group_rows("later", units),
        make_room(units),
    )
    if dw is not None:
        dense_backward_weights(dw, None, dy.reshape(-1, units), states_before(y, reverse))
