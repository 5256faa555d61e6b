"""Gated recurrent units as first published: the reset gate acts before the recurrent product."""

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import sigmoid, sigmoid_gradient, tanh, tanh_gradient
from ..reference import gru as reference
from .arrays import Array
from .loops.recurrence import Product, filled, state_at, steps
from .machine.compiler import Kernel
from .machine.scratch import scratch
from .products.correlate_weights import correlate_weights
from .products.gather import Geometry

_ONE = np.float32(1)
_SINGLE = (1, 1, 1)


@Kernel
def _last_third(part, w):
    """part (u, u) = the last third of the columns of w (u, 3u)."""
    units = part.shape[0]
    for i in range(cuda.grid(1), part.size, cuda.gridsize(1)):
        row, column = divmod(i, units)
        part[row, column] = w[row, 2 * units + column]


def _candidate_weights(w: Array) -> Array:
    """The weights of the candidate h, in scratch."""
    units = w.shape[0]
    part = scratch("candidate weights", units, units)
    _last_third.over(part.size, part, w)
    return part


@Kernel
def _forward_gates(gates, kept, product, y, before, time):
    """The gates z and r of one step from product (n, 2u); kept (n, u) = r times the state."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        r = sigmoid(gates[n, time, units + u] + product[n, units + u])
        gates[n, time, u] = sigmoid(gates[n, time, u] + product[n, u])
        gates[n, time, units + u] = r
        kept[n, u] = r * state_at(y, n, before, u)


@Kernel
def _forward_state(y, gates, candidate, before, time):
    """h and the state of one step, from candidate (n, u)."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        z = gates[n, time, u]
        h = tanh(gates[n, time, 2 * units + u] + candidate[n, u])
        gates[n, time, 2 * units + u] = h
        y[n, time, u] = z * state_at(y, n, before, u) + (_ONE - z) * h


@twin(reference.gru_reset_before_forward)
def gru_reset_before_forward(y, gates, w, reverse):
    samples, times, units = y.shape
    kept = scratch("recurrent kept", samples, units)
    product = filled("product", samples, 2 * units)
    candidate = filled("candidate", samples, units)
    multiply = Product(product, w)
    multiply_kept = Product(candidate, _candidate_weights(w))
    for before, time in steps(times, reverse):
        if before >= 0:
            multiply(y, before)
        _forward_gates.over(samples * units, gates, kept, product, y, before, time)
        if before >= 0:
            multiply_kept(kept.reshape(samples, 1, units), 0)
        _forward_state.over(samples * units, y, gates, candidate, before, time)


@Kernel
def _left_factors(factors, gates, y, times, shift):
    """factors (n, t, 3u) = what meets the thirds of w: twice the state before, then r times it.

    The state before a step is at its time + shift.
    """
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        sequence_step, u = divmod(unit, units)
        n, time = divmod(sequence_step, times)
        before = time + shift
        state = state_at(y, n, before if before < times else -1, u)
        factors[n, time, u] = state
        factors[n, time, units + u] = state
        factors[n, time, 2 * units + u] = gates[n, time, units + u] * state


def _factors(gates: Array, y: Array, reverse: bool) -> Array:
    """The left factors of the weight gradients, in scratch, from the activated gates."""
    factors = scratch("recurrent factors", *gates.shape)
    _left_factors.over(y.size, factors, gates, y, y.shape[1], 1 if reverse else -1)
    return factors


@Kernel
def _backward_state(gates, dcandidate, direct, later, dy, y, before, time):
    """The gradients of z and h of one step, before the activations; dcandidate (n, u) is h's.

    direct (n, u) = the gradient of the state that does not pass the product of z and r, later
    (n, u) = that which does: the step's own from the step after, then direct for the state before.
    """
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        z, h = gates[n, time, u], gates[n, time, 2 * units + u]
        ds = dy[n, time, u] + (direct[n, u] + later[n, u])
        dh = tanh_gradient(ds * (_ONE - z), h)
        gates[n, time, u] = sigmoid_gradient(ds * (state_at(y, n, before, u) - h), z)
        gates[n, time, 2 * units + u] = dh
        dcandidate[n, u] = dh
        direct[n, u] = ds * z


@Kernel
def _backward_reset(gates, direct, dkept, y, before, time):
    """The gradient of r of one step, from dkept (n, u); what passes r is added to direct (n, u)."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        r = gates[n, time, units + u]
        gates[n, time, units + u] = sigmoid_gradient(dkept[n, u] * state_at(y, n, before, u), r)
        direct[n, u] += dkept[n, u] * r


@twin(reference.gru_reset_before_backward)
def gru_reset_before_backward(gates, dw, dy, y, w, reverse):
    samples, times, units = y.shape
    # First: the steps overwrite the gates.
    factors = None if dw is None else _factors(gates, y, reverse)
    dcandidate = scratch("recurrent candidate", samples, units)
    dkept = scratch("recurrent kept", samples, units)
    direct, later = filled("direct", samples, units), filled("later", samples, units)
    multiply = Product(later, w, depth=2 * units, transposed=True)
    multiply_candidate = Product(dkept, _candidate_weights(w), transposed=True)
    for before, time in reversed(steps(times, reverse)):
        arrays = (gates, dcandidate, direct, later, dy, y)
        _backward_state.over(samples * units, *arrays, before, time)
        multiply_candidate(dcandidate.reshape(samples, 1, units), 0)
        _backward_reset.over(samples * units, gates, direct, dkept, y, before, time)
        if before >= 0:
            multiply(gates, time)
    if dw is not None:
        _add_weight_gradients(dw, gates, factors)


def _add_weight_gradients(dw: Array, gates: Array, factors: Array) -> None:
    """dw (u, 3u) += each third of factors (n, t, 3u), transposed, times that of gates (n, t, 3u).

    The thirds are the groups of a convolution with windows of one pixel.
    """
    samples, times, width = gates.shape
    geometry = Geometry(_SINGLE, (0, 0, 0), _SINGLE, 3)
    gather = geometry.windows(_SINGLE, (samples * times, *_SINGLE, width), _SINGLE)
    correlate_weights(dw, gates, factors, gather, fresh=False)
