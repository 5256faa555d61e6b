"""A simple recurrent layer (Elman 1990): a product and a launch for the activation at each step."""

from numba import cuda

from .. import formulas
from ..contract import twin
from ..reference import simple_rnn as reference
from .loops.recurrence import Product, add_weight_gradients, filled, steps
from .machine.compiler import Kernel


def _linear(x):
    return x


def _linear_gradient(dy, _y):
    return dy


_FORMULAS = {
    "linear": (_linear, _linear_gradient),
    "relu": (formulas.relu, formulas.relu_gradient),
    "sigmoid": (formulas.sigmoid, formulas.sigmoid_gradient),
    "tanh": (formulas.tanh, formulas.tanh_gradient),
}


def _forward_step(y, product, time):
    """One step: y (n, t, u) from its projected input and product (n, u)."""
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        y[n, time, u] = activate(y[n, time, u] + product[n, u])  # noqa: F821 (a constant)


def _backward_step(dy, later, y, time):
    """One step: dy (n, t, u) becomes the gradient before the activation.

    later (n, u) = the part of the state's gradient that comes from the step after.
    """
    units = y.shape[2]
    for unit in range(cuda.grid(1), y.shape[0] * units, cuda.gridsize(1)):
        n, u = divmod(unit, units)
        dy[n, time, u] = gradient(dy[n, time, u] + later[n, u], y[n, time, u])  # noqa: F821


_FORWARD = {name: Kernel(_forward_step, activate=pair[0]) for name, pair in _FORMULAS.items()}
_BACKWARD = {name: Kernel(_backward_step, gradient=pair[1]) for name, pair in _FORMULAS.items()}


@twin(reference.simple_rnn_forward)
def simple_rnn_forward(y, w, activation, reverse):
    samples, times, units = y.shape
    product = filled("product", samples, units)
    multiply = Product(product, w)
    for before, time in steps(times, reverse):
        if before >= 0:
            multiply(y, before)
        _FORWARD[activation].over(samples * units, y, product, time)


@twin(reference.simple_rnn_backward)
def simple_rnn_backward(dy, dw, y, w, activation, reverse):
    samples, times, units = y.shape
    later = filled("later", samples, units)
    multiply = Product(later, w, transposed=True)
    for before, time in reversed(steps(times, reverse)):
        _BACKWARD[activation].over(samples * units, dy, later, y, time)
        if before >= 0:
            multiply(dy, time)
    if dw is not None:
        add_weight_gradients(dw, dy, y, reverse)
