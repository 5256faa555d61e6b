"""Gated recurrent units (Cho et al. 2014): the kernels, and the gate that acts after the product.

Each step is a product and a launch for the gates.
"""

import numpy as np
from numba import cuda

from ..contract import checked
from ..formulas import sigmoid, sigmoid_gradient, tanh, tanh_gradient
from .arrays import FLOAT, Array
from .columns import add_sums, column_sums, sum_columns
from .compiler import Kernel
from .gru_reset_before import backward_reset_before, forward_reset_before
from .recurrence import Product, add_weight_gradients, filled, state_at, steps
from .scratch import scratch

__all__ = [
    "gru_backward",
    "gru_forward",
    "gru_reset_before_backward",
    "gru_reset_before_forward",
]

_ONE = np.float32(1)


@Kernel
def _forward_step(y, inner, gates, product, b, before, time):  # type: ignore
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


@checked(FLOAT)
def gru_forward(
    y: Array, inner: Array, gates: Array, w: Array, b: Array | None, reverse: bool
) -> None:
    """y (n, t, u) = the states, from gates (n, t, 3u), w (u, 3u) and b (2, 3u) or None.

    gates holds each step's projected input, without bias, and becomes the activated gates z, r, h;
    inner (n, t, u) = the product that r multiplies.
    """
    samples, times, units = y.shape
    biases = filled("biases", 2, 3 * units) if b is None else b
    product = filled("product", samples, 3 * units)
    multiply = Product(product, w)
    for before, time in steps(times, reverse):
        if before >= 0:
            multiply(y, before)
        _forward_step.over(samples * units, y, inner, gates, product, biases, before, time)


@Kernel
def _backward_step(gates, products, kept, later, dy, y, inner, before, time):  # type: ignore
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


def _both(arrays, i, _vectors, _column):  # type: ignore
    return arrays[0][i], arrays[1][i]


_sum_both = column_sums(_both)


@checked(FLOAT)
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


@checked(FLOAT)
def gru_reset_before_forward(y: Array, gates: Array, w: Array, reverse: bool) -> None:
    """y (n, t, u) = the states, from gates (n, t, 3u) and w (u, 3u), in thirds wz, wr, wh.

    gates holds each step's projected input and becomes the activated gates z, r, h.
    """
    forward_reset_before(y, gates, w, reverse)


@checked(FLOAT)
def gru_reset_before_backward(
    gates: Array, dw: Array | None, dy: Array, y: Array, w: Array, reverse: bool
) -> None:
    """gates (n, t, 3u), as gru_reset_before_forward left it, becomes the projections' gradient.

    dw (u, 3u), or None, is added to. dy (n, t, u) is the gradient of the states y.
    """
    backward_reset_before(gates, dw, dy, y, w, reverse)
