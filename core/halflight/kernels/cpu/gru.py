"""Gated recurrent units (Cho et al. 2014) whose reset gate acts after the recurrent product.

Groups of samples run in parallel, each through all steps on one thread.
"""

import math

import numba
import numpy as np

from .. import formulas
from ..contract import twin
from ..reference import gru as reference
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
from .machine.scratch import scratch

_sigmoid = compiled()(formulas.sigmoid)
_sigmoid_gradient = compiled()(formulas.sigmoid_gradient)
_tanh_gradient = compiled()(formulas.tanh_gradient)


@compiled()
def _forward_cell(y, inner, gates, product, b, state):
    """One step of one sample: y, inner and state (u,), gates and product (3u,), b (2, 3u)."""
    units = y.size
    for u in range(units):
        j, k = units + u, 2 * units + u
        z = _sigmoid(gates[u] + b[0, u] + (product[u] + b[1, u]))
        r = _sigmoid(gates[j] + b[0, j] + (product[j] + b[1, j]))
        inner[u] = product[k] + b[1, k]
        h = math.tanh(gates[k] + b[0, k] + r * inner[u])
        gates[u] = z
        gates[j] = r
        gates[k] = h
        state[u] = z * state[u] + (np.float32(1) - z) * h
        y[u] = state[u]


@compiled()
def _forward_group(y, inner, gates, packed, b, reverse, state, product, panel, tile):
    samples, times, _ = y.shape
    product[:] = np.float32(0)
    state[:] = np.float32(0)
    for step in range(times):
        time = step_time(step, times, reverse)
        if step > 0:
            multiply(product, state, packed, panel, tile)
        for n in range(samples):
            _forward_cell(y[n, time], inner[n, time], gates[n, time], product[n], b, state[n])


@compiled(parallel=True)
def _forward(y, inner, gates, packed, b, reverse, state, product, room):
    for group in numba.prange(group_count(len(y))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(y))
        _forward_group(
            y[first:last],
            inner[first:last],
            gates[first:last],
            packed,
            b,
            reverse,
            state[thread, : last - first],
            product[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.gru_forward)
def gru_forward(y, inner, gates, w, b, reverse):
    units = y.shape[2]
    biases = scratch("recurrent biases", 2, 3 * units)
    biases[...] = 0.0 if b is None else b
    _forward(
        y,
        inner,
        gates,
        pack("recurrent", w),
        biases,
        reverse,
        group_rows("state", units),
        group_rows("product", 3 * units),
        make_room(3 * units),
    )


@compiled()
def _backward_cell(dproduct, kept, gates, dy, inner, before, dstate):
    """One step of one sample: gates and dproduct (3u,) = the gradients of projection and product.

    The others are (u,); kept = the part of the state's gradient that passes the step directly.
    """
    units = dy.size
    for u in range(units):
        j, k = units + u, 2 * units + u
        z, r, h = gates[u], gates[j], gates[k]
        ds = dy[u] + dstate[u]
        dh = _tanh_gradient(ds * (np.float32(1) - z), h)
        gates[u] = _sigmoid_gradient(ds * (before[u] - h), z)
        gates[j] = _sigmoid_gradient(dh * inner[u], r)
        gates[k] = dh
        dproduct[u] = gates[u]
        dproduct[j] = gates[j]
        dproduct[k] = dh * r
        kept[u] = ds * z


@compiled()
def _backward_group(
    gates, products, dy, inner, before, packed, reverse, dproduct, kept, dstate, panel, tile
):
    samples, times, units = dy.shape
    dstate[:] = np.float32(0)
    for step in range(times - 1, -1, -1):
        time = step_time(step, times, reverse)
        for n in range(samples):
            _backward_cell(
                dproduct[n],
                kept[n],
                gates[n, time],
                dy[n, time],
                inner[n, time],
                before[n, time],
                dstate[n],
            )
            for k in range(3 * units):
                products[n, time, k] = dproduct[n, k]
        if step > 0:
            multiply(dstate, dproduct, packed, panel, tile)
            for n in range(samples):
                for u in range(units):
                    dstate[n, u] += kept[n, u]


@compiled(parallel=True)
def _backward(gates, products, dy, inner, before, packed, reverse, dproduct, kept, dstate, room):
    for group in numba.prange(group_count(len(dy))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(dy))
        _backward_group(
            gates[first:last],
            products[first:last],
            dy[first:last],
            inner[first:last],
            before[first:last],
            packed,
            reverse,
            dproduct[thread, : last - first],
            kept[thread, : last - first],
            dstate[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.gru_backward)
def gru_backward(gates, dw, db, dy, y, inner, w, reverse):
    units = y.shape[2]
    before = states_before(y, reverse)
    products = scratch("recurrent products", *gates.shape)
    _backward(
        gates,
        products,
        dy,
        inner,
        before.reshape(y.shape),
        pack("recurrent", w.T),
        reverse,
        group_rows("gradient", 3 * units),
        group_rows("kept", units),
        group_rows("state", units),
        make_room(units),
    )
    if dw is not None:
        dense_backward_weights(dw, None, products.reshape(-1, 3 * units), before)
    if db is not None:
        total = scratch("recurrent biases", 3 * units)
        for row, gradients in zip(db, (gates, products), strict=True):
            row += np.add.reduce(gradients.reshape(-1, 3 * units), axis=0, out=total)
