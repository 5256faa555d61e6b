"""Long short-term memory: a product and a launch for the gates at each step."""

from numba import cuda

from ..contract import twin
from ..formulas import sigmoid, sigmoid_gradient, tanh, tanh_gradient
from ..reference import lstm as reference
from .loops.recurrence import Product, add_weight_gradients, filled, state_at, steps
from .machine.compiler import Kernel


@Kernel
def _forward_step(y, c, gates, product, before, time):
    """One step: y, c (n, t, u) and gates (n, t, 4u), from product (n, 4u)."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        at_f, at_g, at_o = units + u, 2 * units + u, 3 * units + u
        i = sigmoid(gates[n, time, u] + product[n, u])
        f = sigmoid(gates[n, time, at_f] + product[n, at_f])
        g = tanh(gates[n, time, at_g] + product[n, at_g])
        o = sigmoid(gates[n, time, at_o] + product[n, at_o])
        gates[n, time, u], gates[n, time, at_f] = i, f
        gates[n, time, at_g], gates[n, time, at_o] = g, o
        cell = f * state_at(c, n, before, u) + i * g
        c[n, time, u] = cell
        y[n, time, u] = o * tanh(cell)


@twin(reference.lstm_forward)
def lstm_forward(y, c, gates, w, reverse):
    samples, times, units = y.shape
    product = filled("product", samples, 4 * units)
    multiply = Product(product, w)
    for before, time in steps(times, reverse):
        if before >= 0:
            multiply(y, before)
        _forward_step.over(samples * units, y, c, gates, product, before, time)


@Kernel
def _backward_step(gates, dcell, dstate, dy, c, before, time):
    """One step: gates (n, t, 4u) becomes the gradient before the activations.

    dstate and dcell (n, u) come from the step after; dcell becomes the gradient of the cell before.
    """
    units = dy.shape[2]
    for unit in range(cuda.grid(1), dy.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        at_f, at_g, at_o = units + u, 2 * units + u, 3 * units + u
        i, f = gates[n, time, u], gates[n, time, at_f]
        g, o = gates[n, time, at_g], gates[n, time, at_o]
        squashed = tanh(c[n, time, u])
        ds = dy[n, time, u] + dstate[n, u]
        dc = dcell[n, u] + tanh_gradient(ds * o, squashed)
        gates[n, time, u] = sigmoid_gradient(dc * g, i)
        gates[n, time, at_f] = sigmoid_gradient(dc * state_at(c, n, before, u), f)
        gates[n, time, at_g] = tanh_gradient(dc * i, g)
        gates[n, time, at_o] = sigmoid_gradient(ds * squashed, o)
        dcell[n, u] = dc * f


@twin(reference.lstm_backward)
def lstm_backward(gates, dw, dy, y, c, w, reverse):
    samples, times, units = y.shape
    dcell, dstate = filled("cell", samples, units), filled("state", samples, units)
    multiply = Product(dstate, w, transposed=True)
    for before, time in reversed(steps(times, reverse)):
        _backward_step.over(samples * units, gates, dcell, dstate, dy, c, before, time)
        if before >= 0:
            multiply(gates, time)
    if dw is not None:
        add_weight_gradients(dw, gates, y, reverse)
