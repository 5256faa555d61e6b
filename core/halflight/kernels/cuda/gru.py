"""Gated recurrent units (Cho et al. 2014) whose reset gate acts after the recurrent product.

Each step is a product and a launch for the gates.
"""

import numpy as np
from numba import cuda

from ..contract import twin
from ..formulas import sigmoid, sigmoid_gradient, tanh, tanh_gradient
from ..reference import gru as reference
from .loops.columns import add_sums, column_sums, sum_columns
from .loops.recurrence import Product, add_weight_gradients, filled, state_at, steps
from .machine.compiler import Kernel
from .machine.scratch import scratch

_ONE = np.float32(1)


@Kernel
def _forward_step(y, inner, gates, product, b, before, time):
    """One step: y, inner (n, t, u) and gates (n, t, 3u), from product (n, 3u) and b (2, 3u)."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        j, k = units + u, 2 * units + u
        z = sigmoid(gates[n, time, u] + b[0, u] + (product[n, u] + b[1, u]))
        r = sigmoid(gates[n, time, j] + b[0, j] + (product[n, j] + b[1, j]))
        q = product[n, k] + b[1, k]
        h = tanh(gates[n, time, k] + b[0, k] + r * q)
        inner[n, time, u] = q
        gates[n, time, u], gates[n, time, j], gates[n, time, k] = z, r, h
        y[n, time, u] = z * state_at(y, n, before, u) + (_ONE - z) * h


@twin(reference.gru_forward)
def gru_forward(y, inner, gates, w, b, reverse):
    samples, times, units = y.shape
    biases = filled("biases", 2, 3 * units) if b is None else b
    product = filled("product", samples, 3 * units)
    multiply = Product(product, w)
    for before, time in steps(times, reverse):
        if before >= 0:
            multiply(y, before)
        _forward_step.over(samples * units, y, inner, gates, product, biases, before, time)


@Kernel
def _backward_step(gates, products, kept, later, dy, y, inner, before, time):
    """One step: gates and products (n, t, 3u) = the gradients of projection and product.

    later (n, u) = the products' share of the state's gradient, from the step after; kept (n, u) =
    the part that passes the steps directly.
    """
    units = dy.shape[2]
    for unit in range(cuda.grid(1), dy.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        j, k = units + u, 2 * units + u
        z, r, h = gates[n, time, u], gates[n, time, j], gates[n, time, k]
        ds = dy[n, time, u] + (later[n, u] + kept[n, u])
        dz = sigmoid_gradient(ds * (state_at(y, n, before, u) - h), z)
        dh = tanh_gradient(ds * (_ONE - z), h)
        dr = sigmoid_gradient(dh * inner[n, time, u], r)
        gates[n, time, u], gates[n, time, j], gates[n, time, k] = dz, dr, dh
        products[n, time, u], products[n, time, j], products[n, time, k] = dz, dr, dh * r
        kept[n, u] = ds * z


def _both(arrays, i, _vectors, _column):
    return arrays[0][i], arrays[1][i]


_sum_both = column_sums(_both)


@twin(reference.gru_backward)
def gru_backward(gates, dw, db, dy, y, inner, w, reverse):
    samples, times, units = y.shape
    products = scratch("recurrent products", *gates.shape)
    kept, later = filled("kept", samples, units), filled("later", samples, units)
    multiply = Product(later, w, transposed=True)
    for before, time in reversed(steps(times, reverse)):
        arrays = (gates, products, kept, later, dy, y, inner)
        _backward_step.over(samples * units, *arrays, before, time)
        if before >= 0:
            multiply(products, time)
    if dw is not None:
        add_weight_gradients(dw, products, y, reverse)
    if db is not None:
        sums, chunks = sum_columns(_sum_both, (gates, products), (), 3 * units)
        add_sums(db[0], sums, chunks, 0)
        add_sums(db[1], sums, chunks, 1)
