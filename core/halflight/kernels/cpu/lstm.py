"""Long short-term memory: groups of samples in parallel, each through all steps on one thread."""

import math

import numba
import numpy as np

from .. import formulas
from ..contract import twin
from ..reference import lstm as reference
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

_sigmoid = compiled()(formulas.sigmoid)
_sigmoid_gradient = compiled()(formulas.sigmoid_gradient)
_tanh_gradient = compiled()(formulas.tanh_gradient)


@compiled()
def _forward_cell(y, c, gates, product, cell):
    """One step of one sample: y, c, product (u,) and gates (4u,); cell becomes the new one."""
    units = y.size
    for u in range(units):
        i = _sigmoid(gates[u] + product[u])
        f = _sigmoid(gates[units + u] + product[units + u])
        g = math.tanh(gates[2 * units + u] + product[2 * units + u])
        o = _sigmoid(gates[3 * units + u] + product[3 * units + u])
        gates[u] = i
        gates[units + u] = f
        gates[2 * units + u] = g
        gates[3 * units + u] = o
        cell[u] = f * cell[u] + i * g
        c[u] = cell[u]
        y[u] = o * math.tanh(c[u])


@compiled()
def _forward_group(y, c, gates, packed, reverse, state, cell, product, panel, tile):
    samples, times, units = y.shape
    product[:] = np.float32(0)
    cell[:] = np.float32(0)
    for step in range(times):
        time = step_time(step, times, reverse)
        if step > 0:
            multiply(product, state, packed, panel, tile)
        for n in range(samples):
            _forward_cell(y[n, time], c[n, time], gates[n, time], product[n], cell[n])
            for u in range(units):
                state[n, u] = y[n, time, u]


@compiled(parallel=True)
def _forward(y, c, gates, packed, reverse, state, cell, product, room):
    for group in numba.prange(group_count(len(y))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(y))
        _forward_group(
            y[first:last],
            c[first:last],
            gates[first:last],
            packed,
            reverse,
            state[thread, : last - first],
            cell[thread, : last - first],
            product[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.lstm_forward)
def lstm_forward(y, c, gates, w, reverse):
    units = y.shape[2]
    _forward(
        y,
        c,
        gates,
        pack("recurrent", w),
        reverse,
        group_rows("state", units),
        group_rows("cell", units),
        group_rows("product", 4 * units),
        make_room(4 * units),
    )


@compiled()
def _backward_cell(dtotal, gates, dy, c, before, is_first, dstate, dcell):
    """One step of one sample: gates and dtotal (4u,) = the gradient before the activations.

    dy, c, the cell before (not read at the first step), dstate and dcell (u,); dcell becomes the
    gradient of the cell before.
    """
    units = dy.size
    for u in range(units):
        i, f, g, o = gates[u], gates[units + u], gates[2 * units + u], gates[3 * units + u]
        previous = np.float32(0) if is_first else before[u]
        squashed = math.tanh(c[u])
        ds = dy[u] + dstate[u]
        dc = dcell[u] + _tanh_gradient(ds * o, squashed)
        gates[u] = _sigmoid_gradient(dc * g, i)
        gates[units + u] = _sigmoid_gradient(dc * previous, f)
        gates[2 * units + u] = _tanh_gradient(dc * i, g)
        gates[3 * units + u] = _sigmoid_gradient(ds * squashed, o)
        dcell[u] = dc * f
    for k in range(4 * units):
        dtotal[k] = gates[k]


@compiled()
def _backward_group(gates, dy, c, packed, reverse, dtotal, dstate, dcell, panel, tile):
    samples, times, _ = dy.shape
    dstate[:] = np.float32(0)
    dcell[:] = np.float32(0)
    for step in range(times - 1, -1, -1):
        time = step_time(step, times, reverse)
        before = step_time(max(step - 1, 0), times, reverse)
        for n in range(samples):
            _backward_cell(
                dtotal[n],
                gates[n, time],
                dy[n, time],
                c[n, time],
                c[n, before],
                step == 0,
                dstate[n],
                dcell[n],
            )
        if step > 0:
            multiply(dstate, dtotal, packed, panel, tile)


@compiled(parallel=True)
def _backward(gates, dy, c, packed, reverse, dtotal, dstate, dcell, room):
    for group in numba.prange(group_count(len(dy))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(dy))
        _backward_group(
            gates[first:last],
            dy[first:last],
            c[first:last],
            packed,
            reverse,
            dtotal[thread, : last - first],
            dstate[thread, : last - first],
            dcell[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.lstm_backward)
def lstm_backward(gates, dw, dy, y, c, w, reverse):
    units = y.shape[2]
    _backward(
        gates,
        dy,
        c,
        pack("recurrent", w.T),
        reverse,
        group_rows("gradient", 4 * units),
        group_rows("state", units),
        group_rows("cell", units),
        make_room(units),
    )
    if dw is not None:
        dense_backward_weights(dw, None, gates.reshape(-1, 4 * units), states_before(y, reverse))
