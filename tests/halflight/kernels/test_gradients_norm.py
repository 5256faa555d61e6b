"""Calculus of normalisation: the reference's gradients along a random direction, in float64."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases.case import normal, positive
from tests.halflight.kernels.test_gradients import RNG, check, filled

K = kernels.load("reference")
EPSILON = 0.1


def _check_norm(name, x, statistics):
    forward_kernel, backward_kernel = (
        getattr(K, f"{name}_norm_{way}") for way in ("forward", "backward")
    )

    def run(x, gamma, beta):
        y, mean, inverse = np.empty(x.shape), np.empty(statistics), np.empty(statistics)
        forward_kernel(y, mean, inverse, x, gamma, beta, EPSILON)
        return y, mean, inverse

    def backward(dy, x, gamma=None, beta=None):
        _, mean, inverse = run(x, gamma, beta)
        dgamma, dbeta = (None if w is None else np.zeros_like(w) for w in (gamma, beta))
        dx = filled(backward_kernel, x.shape, dgamma, dbeta, dy, x, gamma, mean, inverse)
        return [gradient for gradient in (dx, dgamma, dbeta) if gradient is not None]

    channels = x.shape[-1]
    check(lambda *a: run(*a)[0], backward, x, positive(RNG, channels), normal(RNG, channels))
    check(lambda x: run(x, None, None)[0], backward, x)


@pytest.mark.parametrize("shape", [(20, 3), (2, 4, 3, 5)])
def test_layer_norm(shape):
    _check_norm("layer", normal(RNG, *shape), shape[:-1])


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm(groups):
    _check_norm("group", normal(RNG, 3, 7, 6), (3, groups))


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_without_gamma_and_beta(training):
    running = normal(RNG, 5), positive(RNG, 5)

    def run(x):
        y, mean, inverse = np.empty(x.shape), np.empty(5), np.empty(5)
        if training:
            copies = [statistic.copy() for statistic in running]
            K.batch_norm_forward_training(y, mean, inverse, *copies, x, None, None, 0.9, EPSILON)
        else:
            K.batch_norm_forward_inference(y, x, None, None, *running, EPSILON)
        return y, mean, inverse

    def backward(dy, x):
        dx = np.empty(x.shape)
        if training:
            K.batch_norm_backward(dx, None, None, dy, x, None, *run(x)[1:])
        else:
            K.batch_norm_backward_inference(dx, None, None, dy, x, None, *running, EPSILON)
        return [dx]

    check(lambda x: run(x)[0], backward, normal(RNG, 2, 3, 5))


@pytest.mark.parametrize("radius", [0, 2, 9])
def test_local_response_norm(radius):
    constants = (radius, 1.5, 0.5, 0.75)
    check(
        lambda x: filled(K.local_response_norm_forward, x.shape, x, *constants),
        lambda dy, x: [filled(K.local_response_norm_backward, x.shape, dy, x, *constants)],
        normal(RNG, 4, 3, 7),
    )
