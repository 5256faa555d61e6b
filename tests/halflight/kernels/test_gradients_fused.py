"""Calculus of the fused kernels: the reference's gradients along a random direction, in float64."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases.case import normal, positive
from tests.halflight.kernels.test_gradients import RNG, check, filled

K = kernels.load("reference")


@pytest.mark.parametrize("pool", [True, False])
@pytest.mark.parametrize("slope", [0.0, 0.25, 1.0])
def test_batch_norm_fused(slope, pool):
    shape, small = (2, 5, 6, 3), (2, 2, 3, 3) if pool else (2, 5, 6, 3)

    def run(x, gamma, beta):
        y, index = np.empty(small), np.empty(small, np.int32)
        mean, inverse, running = np.empty(3), np.empty(3), (np.zeros(3), np.ones(3))
        K.batch_norm_fused_forward(
            y, index, mean, inverse, *running, x, gamma, beta, 0.9, 0.1, slope, pool
        )
        return y, index, mean, inverse

    def backward(dy, x, gamma, beta):
        _, index, mean, inverse = run(x, gamma, beta)
        dgamma, dbeta = np.zeros(3), np.zeros(3)
        dx = filled(
            K.batch_norm_fused_backward,
            shape,
            dgamma,
            dbeta,
            dy,
            index,
            x,
            gamma,
            beta,
            mean,
            inverse,
            slope,
            pool,
        )
        return [dx, dgamma, dbeta]

    x = normal(RNG, *shape) + 1.0
    check(lambda *a: run(*a)[0], backward, x, positive(RNG, 3), normal(RNG, 3))


@pytest.mark.parametrize("slope", [0.0, 0.25])
def test_rectified_pool(slope):
    identity = np.ones((1, 1, 1, 2))

    def run(x):
        y, index = np.empty((2, 2, 3, 2)), np.empty((2, 2, 3, 2), np.int32)
        norm, geometry = (None, None, None, None, 0.0), ((1, 1), (0, 0), (1, 1), 2)
        K.conv2d_fused_forward(y, index, x, identity, None, *norm, slope, True, *geometry)
        return y, index

    def backward(dy, x):
        y, index = run(x)
        return [filled(K.rectified_pool_backward, x.shape, dy, index, y, slope)]

    check(lambda x: run(x)[0], backward, normal(RNG, 2, 5, 7, 2))
