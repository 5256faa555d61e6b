"""Calculus of activations and noise: the reference's gradients along a random direction."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases import activation, rectifier
from tests.halflight.kernels.cases.case import normal
from tests.halflight.kernels.test_gradients import RNG, check, filled

K = kernels.load("reference")


def _elementwise(name, known, scalars=()):
    forward_kernel, backward_kernel = (
        getattr(K, f"{name}_{way}") for way in ("forward", "backward")
    )

    def forward(x):
        return filled(forward_kernel, x.shape, x, *scalars)

    def backward(dy, x):
        seen = {"y": (forward(x),), "x": (x,), "nothing": ()}[known]
        return [filled(backward_kernel, x.shape, dy, *seen, *scalars)]

    return forward, backward


@pytest.mark.parametrize(("name", "known"), activation.FUNCTIONS.items())
def test_smooth(name, known):
    check(*_elementwise(name, known), normal(RNG, 50) * 2.0)


@pytest.mark.parametrize("name", sorted(set(rectifier.FUNCTIONS) - {"step"}))
def test_pieces(name):
    known, scalars = rectifier.FUNCTIONS[name]
    kinks = [0.0, *(scalars[n] for n in ("max_value", "threshold") if n in scalars)]
    kinks += [-3.0, 3.0] if name == "hard_sigmoid" else []
    x = normal(RNG, 50) * 3.0
    for kink in kinks:
        x = np.where(np.abs(x - kink) < 0.01, 0.25, x)
    check(*_elementwise(name, known, tuple(scalars.values())), x)


def test_a_step_has_no_slope():
    forward, backward = _elementwise("step", "y")
    x = normal(RNG, 50)
    assert set(forward(x)) == {0.0, 1.0}
    (dx,) = backward(normal(RNG, 50), x)
    assert not dx.any()


def test_prelu():
    def backward(dy, x, alpha):
        dalpha = np.zeros_like(alpha)
        return filled(K.prelu_backward, x.shape, dalpha, dy, x, alpha), dalpha

    x = normal(RNG, 4, 5, 3)
    x = np.where(np.abs(x) < 0.01, 0.5, x)
    check(lambda x, alpha: filled(K.prelu_forward, x.shape, x, alpha), backward, x, normal(RNG, 3))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name):
    check(*_elementwise(name, "y"), normal(RNG, 6, 5))


@pytest.mark.parametrize("name", ["dropout", "gaussian_dropout"])
def test_random_factors(name):
    check(*_elementwise(name, "nothing", (0.3, 5, 2)), normal(RNG, 50))


def test_spatial_dropout():
    check(*_elementwise("spatial_dropout", "nothing", (0.3, 5, 2)), normal(RNG, 4, 3, 5))


def test_sampling():
    def backward(dy, mean, log_variance):
        return dy, filled(K.sampling_backward, dy.shape, dy, log_variance, 5, 2)

    check(
        lambda mean, log_variance: filled(K.sampling_forward, mean.shape, mean, log_variance, 5, 2),
        backward,
        normal(RNG, 6, 5),
        normal(RNG, 6, 5),
    )
