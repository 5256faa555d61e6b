"""Activations worked out by hand or by SciPy, and at the ends of the numbers."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from halflight import kernels
from tests.halflight.kernels.backends import EVERYWHERE
from tests.halflight.kernels.cases import activation, rectifier


@pytest.fixture(params=EVERYWHERE)
def backend(request):
    return kernels.load(request.param)


def forward(backend, name, x, *scalars):
    x = backend.to_device(np.asarray(x, np.float64))
    y = backend.empty(x.shape)
    getattr(backend, f"{name}_forward")(y, x, *scalars)
    return backend.to_host(y)


E = math.e
BY_HAND = [
    ("clipped_relu", (3.0, 0.5, 1.0), [-1.0, 1.0, 2.0, 3.0, 9.0], [-1.0, 0.0, 2.0, 3.0, 3.0]),
    ("step", (), [-1.0, 0.0, 1e-30, 5.0], [0.0, 0.0, 1.0, 1.0]),
    ("hard_sigmoid", (), [-4.0, -3.0, 0.0, 1.5, 3.0, 4.0], [0.0, 0.0, 0.5, 0.75, 1.0, 1.0]),
    ("selu", (), [1.0, -1.0], [1.0507009873554805, 1.7580993408473766 * (1 / E - 1)]),
    ("gaussian", (), [0.0, 1.0, -2.0], [1.0, 1 / E, E**-4]),
    ("exponential", (), [0.0, 1.0, -2.0], [1.0, E, E**-2]),
    ("softsign", (), [1.0, -3.0], [0.5, -0.75]),
    ("mish", (), [0.0, 1.0], [0.0, math.tanh(math.log(1 + E))]),
    ("gelu", (), [0.0, 1.0, -2.0], [0.0, ndtr(1.0), -2.0 * ndtr(-2.0)]),
    ("gelu_tanh", (), [1.0], [0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715))]),
    ("softmax", (), [0.0, math.log(3.0)], [0.25, 0.75]),
    ("softmax", (), [1000.0, 1000.0], [0.5, 0.5]),
    ("log_softmax", (), [0.0, math.log(3.0)], [-math.log(4.0), math.log(0.75)]),
]


@pytest.mark.parametrize(("name", "scalars", "x", "expected"), BY_HAND)
def test_by_hand(backend, name, scalars, x, expected):
    np.testing.assert_allclose(forward(backend, name, x, *scalars), expected, rtol=1e-6)


def test_prelu_by_hand(backend):
    x, alpha, dy, dalpha = (
        backend.to_device(np.array(v, float))
        for v in ([[2.0, -2.0], [-4.0, -6.0]], [0.5, 0.25], [[1.0, 1.0], [2.0, 3.0]], [10.0, 20.0])
    )
    y, dx = backend.empty((2, 2)), backend.empty((2, 2))
    backend.prelu_forward(y, x, alpha)
    np.testing.assert_array_equal(backend.to_host(y), [[2.0, -0.5], [-2.0, -1.5]])
    backend.prelu_backward(dx, dalpha, dy, x, alpha)
    np.testing.assert_array_equal(backend.to_host(dx), [[1.0, 0.25], [1.0, 0.75]])
    np.testing.assert_array_equal(backend.to_host(dalpha), [10.0 - 8.0, 20.0 - 2.0 - 18.0])


EXTREMES = np.array([-np.inf, -1e30, -100.0, -1e-40, 0.0, 1e-40, 100.0, 1e30, np.inf, np.nan])


@pytest.mark.parametrize("name", [*activation.FUNCTIONS, *rectifier.FUNCTIONS])
def test_extremes_equal_the_reference(name):
    """Infinite, huge, tiny and missing inputs; beyond float32's range the answer is infinite."""
    _, scalars = rectifier.FUNCTIONS.get(name, ("", {}))
    with np.errstate(all="ignore"):
        truth = forward(kernels.load("reference"), name, EXTREMES, *scalars.values())
        truth = truth.astype(np.float32)
    received = forward(kernels.load("cpu"), name, EXTREMES, *scalars.values())
    np.testing.assert_allclose(received, truth, rtol=4e-7, atol=1e-40)
