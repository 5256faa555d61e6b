"""A simple recurrent layer (Elman 1990): groups of samples in parallel, each through all steps."""

import math

import numba
import numpy as np

from .. import formulas
from ..contract import twin
from ..reference import simple_rnn as reference
from ..rules import RECURRENT_ACTIVATIONS
from .dense import dense_backward_weights
from .loops.recurrence import (
    group_bounds,
    group_count,
    group_rows,
    make_room,
    multiply,
    pack,
    states_before,
    step_time,
)
from .machine.compiler import compiled

_LINEAR, _RELU, _SIGMOID, _TANH = range(len(RECURRENT_ACTIVATIONS))

_relu = compiled()(formulas.relu)
_relu_gradient = compiled()(formulas.relu_gradient)
_sigmoid = compiled()(formulas.sigmoid)
_sigmoid_gradient = compiled()(formulas.sigmoid_gradient)
_tanh_gradient = compiled()(formulas.tanh_gradient)


@compiled()
def _activate(x, activation):
    if activation == _TANH:
        return math.tanh(x)
    if activation == _RELU:
        return _relu(x)
    if activation == _SIGMOID:
        return _sigmoid(x)
    return x


@compiled()
def _gradient(dy, y, activation):
    if activation == _TANH:
        return _tanh_gradient(dy, y)
    if activation == _RELU:
        return _relu_gradient(dy, y)
    if activation == _SIGMOID:
        return _sigmoid_gradient(dy, y)
    return dy


@compiled()
def _forward_group(y, packed, activation, reverse, state, product, panel, tile):
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
def _forward(y, packed, activation, reverse, state, product, room):
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


@twin(reference.simple_rnn_forward)
def simple_rnn_forward(y, w, activation, reverse):
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
def _backward_group(dy, y, packed, activation, reverse, dtotal, later, panel, tile):
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
def _backward(dy, y, packed, activation, reverse, dtotal, later, room):
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


@twin(reference.simple_rnn_backward)
def simple_rnn_backward(dy, dw, y, w, activation, reverse):
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
