"""Gated recurrent units as first published: the reset gate acts before the recurrent product."""

import math

import numba
import numpy as np

from .. import formulas
from ..contract import twin
from ..reference import gru as reference
from .arrays import Array
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
def _forward_group(
    y, gates, packed, packed_candidate, reverse, state, kept, product, candidate, panel, tile
):
    """kept = r times the state, which the candidate's product takes."""
    samples, times, units = y.shape
    product[:] = np.float32(0)
    candidate[:] = np.float32(0)
    state[:] = np.float32(0)
    for step in range(times):
        time = step_time(step, times, reverse)
        if step > 0:
            multiply(product, state, packed, panel, tile)
        for n in range(samples):
            for u in range(units):
                r = _sigmoid(gates[n, time, units + u] + product[n, units + u])
                gates[n, time, u] = _sigmoid(gates[n, time, u] + product[n, u])
                gates[n, time, units + u] = r
                kept[n, u] = r * state[n, u]
        if step > 0:
            multiply(candidate, kept, packed_candidate, panel, tile)
        for n in range(samples):
            for u in range(units):
                z = gates[n, time, u]
                h = math.tanh(gates[n, time, 2 * units + u] + candidate[n, u])
                gates[n, time, 2 * units + u] = h
                state[n, u] = z * state[n, u] + (np.float32(1) - z) * h
                y[n, time, u] = state[n, u]


@compiled(parallel=True)
def _forward(y, gates, packed, packed_candidate, reverse, state, kept, product, candidate, room):
    for group in numba.prange(group_count(len(y))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(y))
        _forward_group(
            y[first:last],
            gates[first:last],
            packed,
            packed_candidate,
            reverse,
            state[thread, : last - first],
            kept[thread, : last - first],
            product[thread, : last - first],
            candidate[thread, : last - first],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.gru_reset_before_forward)
def gru_reset_before_forward(y, gates, w, reverse):
    units = y.shape[2]
    _forward(
        y,
        gates,
        pack("recurrent", w[:, : 2 * units]),
        pack("candidate", w[:, 2 * units :]),
        reverse,
        group_rows("state", units),
        group_rows("kept", units),
        group_rows("product", 2 * units),
        group_rows("candidate", units),
        make_room(2 * units),
    )


@compiled()
def _backward_group(
    gates,
    kept,
    dy,
    before,
    packed,
    packed_candidate,
    reverse,
    dproduct,
    dcandidate,
    dkept,
    dstate,
    later,
    panel,
    tile,
):
    """kept (n, t, u) = r times the state before; later = the product's share of dstate."""
    samples, times, units = dy.shape
    dstate[:] = np.float32(0)
    for step in range(times - 1, -1, -1):
        time = step_time(step, times, reverse)
        for n in range(samples):
            for u in range(units):
                z, h = gates[n, time, u], gates[n, time, 2 * units + u]
                ds = dy[n, time, u] + dstate[n, u]
                dcandidate[n, u] = _tanh_gradient(ds * (np.float32(1) - z), h)
                dproduct[n, u] = _sigmoid_gradient(ds * (before[n, time, u] - h), z)
                dstate[n, u] = ds * z
        multiply(dkept, dcandidate, packed_candidate, panel, tile)
        for n in range(samples):
            for u in range(units):
                r = gates[n, time, units + u]
                kept[n, time, u] = r * before[n, time, u]
                dr = dkept[n, u] * before[n, time, u]
                dproduct[n, units + u] = _sigmoid_gradient(dr, r)
                dstate[n, u] += dkept[n, u] * r
                gates[n, time, u] = dproduct[n, u]
                gates[n, time, units + u] = dproduct[n, units + u]
                gates[n, time, 2 * units + u] = dcandidate[n, u]
        if step > 0:
            multiply(later, dproduct, packed, panel, tile)
            for n in range(samples):
                for u in range(units):
                    dstate[n, u] += later[n, u]


@compiled(parallel=True)
def _backward(
    gates,
    kept,
    dy,
    before,
    packed,
    packed_candidate,
    reverse,
    dproduct,
    dcandidate,
    dkept,
    dstate,
    later,
    room,
):
    for group in numba.prange(group_count(len(dy))):
        thread = numba.get_thread_id()
        first, last = group_bounds(group, len(dy))
        count = last - first
        _backward_group(
            gates[first:last],
            kept[first:last],
            dy[first:last],
            before[first:last],
            packed,
            packed_candidate,
            reverse,
            dproduct[thread, :count],
            dcandidate[thread, :count],
            dkept[thread, :count],
            dstate[thread, :count],
            later[thread, :count],
            room.panel[thread],
            room.tile[thread],
        )


@twin(reference.gru_reset_before_backward)
def gru_reset_before_backward(gates, dw, dy, y, w, reverse):
    units = y.shape[2]
    before, kept = states_before(y, reverse), scratch("kept states", *y.shape)
    _backward(
        gates,
        kept,
        dy,
        before.reshape(y.shape),
        pack("recurrent", w[:, : 2 * units].T),
        pack("candidate", w[:, 2 * units :].T),
        reverse,
        group_rows("gradient", 2 * units),
        group_rows("candidate", units),
        group_rows("kept", units),
        group_rows("state", units),
        group_rows("later", units),
        make_room(units),
    )
    if dw is not None:
        _add_product(dw, slice(2 * units), before, gates)
        _add_product(dw, slice(2 * units, None), kept.reshape(-1, units), gates)


def _add_product(dw: Array, columns: slice, states: Array, gates: Array) -> None:
    """Add states (n t, u)^T gates (n, t, 3u) to some columns of dw (u, 3u)."""
    product = scratch("recurrent weights", *dw.shape)
    product.fill(0.0)
    dense_backward_weights(product, None, gates.reshape(-1, dw.shape[1]), states)
    dw[:, columns] += product[:, columns]
