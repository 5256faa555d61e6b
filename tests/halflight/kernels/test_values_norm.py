"""Normalisation worked out by hand, for every back end."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.backends import EVERYWHERE


@pytest.fixture(params=EVERYWHERE)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def test_layer_norm_by_hand(backend):
    """Row (1, 5): mean 3, variance 4; with epsilon 12 the deviation is 4."""
    x, gamma, beta = on(backend, [[1.0, 5.0]], [2.0, 4.0], [10.0, 20.0])
    y, mean, inverse = backend.empty((1, 2)), backend.empty((1,)), backend.empty((1,))
    backend.layer_norm_forward(y, mean, inverse, x, gamma, beta, 12.0)
    assert (backend.to_host(mean), backend.to_host(inverse)) == (3.0, 0.25)
    np.testing.assert_array_equal(backend.to_host(y), [[9.0, 22.0]])
    backend.layer_norm_forward(y, mean, inverse, x, None, None, 12.0)
    np.testing.assert_array_equal(backend.to_host(y), [[-0.5, 0.5]])


def test_group_norm_by_hand(backend):
    """Two positions, groups (a, b) and (c, d): group means 4 and 0, variances 5 and 0."""
    x, gamma, beta = on(
        backend, [[[1.0, 3.0, 0.0, 0.0], [5.0, 7.0, 0.0, 0.0]]], [1.0, 2.0, 1.0, 1.0], [0, 0, 7, 8]
    )
    y, mean, inverse = backend.empty((1, 2, 4)), backend.empty((1, 2)), backend.empty((1, 2))
    backend.group_norm_forward(y, mean, inverse, x, gamma, beta, 4.0)
    np.testing.assert_array_equal(backend.to_host(mean), [[4.0, 0.0]])
    np.testing.assert_allclose(backend.to_host(inverse), [[1 / 3, 0.5]], rtol=1e-6)
    expected = [[[-1.0, -2 / 3, 7.0, 8.0], [1 / 3, 2.0, 7.0, 8.0]]]
    np.testing.assert_allclose(backend.to_host(y), expected, rtol=1e-6)


def test_groups_must_divide_the_channels(backend):
    y, x = backend.zeros((1, 2, 4)), backend.zeros((1, 2, 4))
    mean, inverse = backend.zeros((1, 3)), backend.zeros((1, 3))
    with pytest.raises(ValueError, match="4 channels do not split into 3 groups"):
        backend.group_norm_forward(y, mean, inverse, x, None, None, 1.0)


def test_local_response_norm_by_hand(backend):
    """Squares 1, 4, 9; radius 1 sums 5, 14, 13; with bias 11, 2, 3 all divisors are 16."""
    (x,) = on(backend, [[1.0, 2.0, 3.0]])
    y = backend.empty((1, 3))
    for bias, channel in ((11.0, 0), (2.0, 1), (3.0, 2)):
        backend.local_response_norm_forward(y, x, 1, bias, 1.0, 0.5)
        assert backend.to_host(y)[0, channel] == pytest.approx((channel + 1) / 4)
    backend.local_response_norm_forward(y, x, 9, 2.0, 0.5, 1.0)  # all: 2 + 14 / 2 = 9
    np.testing.assert_allclose(backend.to_host(y), [[1 / 9, 2 / 9, 1 / 3]], rtol=1e-6)
    with pytest.raises(ValueError, match="depth_radius is -1"):
        backend.local_response_norm_forward(y, x, -1, 1.0, 1.0, 0.5)
