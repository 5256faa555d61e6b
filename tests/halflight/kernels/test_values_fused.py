"""Fused kernels against values worked out by hand."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.backends import EVERYWHERE


@pytest.fixture(params=EVERYWHERE)
def k(request):
    return kernels.load(request.param)


GEOMETRY = ((1, 1), (0, 0), (1, 1), 1)


def test_conv2d_fused(k):
    """Weight 2, bias 1, gamma 4, beta 1, mean 3, variance 4: y = 4 (2x + 1 - 3) / 2 + 1."""
    x = k.to_device(np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 9.0]]).reshape(1, 2, 3, 1))
    one = [k.to_device(np.array([value])) for value in (1.0, 4.0, 1.0, 3.0, 4.0)]
    weight = k.to_device(np.full((1, 1, 1, 1), 2.0))
    # 4x - 3 = 1, -3, 5 and -7, 9, 33; slope 0.5 below zero
    y = k.empty((1, 2, 3, 1))
    k.conv2d_fused_forward(y, None, x, weight, *one, 0.0, 0.5, False, *GEOMETRY)
    np.testing.assert_array_equal(k.to_host(y).ravel(), [1.0, -1.5, 5.0, -3.5, 9.0, 33.0])
    pooled, index = k.empty((1, 1, 1, 1)), k.empty((1, 1, 1, 1), np.int32)
    k.conv2d_fused_forward(pooled, index, x, weight, *one, 0.0, 0.5, True, *GEOMETRY)
    assert k.to_host(pooled).item() == 9.0  # the third column is left out
    assert k.to_host(index).item() == 3


def test_first_of_equal_ones_wins_and_nan_before_all(k):
    weight = k.to_device(np.ones((1, 1, 1, 1)))
    nothing = (None,) * 5
    for pixels, place in (([2, 1, 2, 2], 0), ([1, 2, 2, 1], 1), ([1, np.nan, np.nan, 3], 1)):
        x = k.to_device(np.array(pixels, float).reshape(1, 2, 2, 1))
        y, index = k.empty((1, 1, 1, 1)), k.empty((1, 1, 1, 1), np.int32)
        k.conv2d_fused_forward(y, index, x, weight, *nothing, 0.0, 1.0, True, *GEOMETRY)
        assert k.to_host(index).item() == place


def test_minus_infinity_is_rectified_to_zero(k):
    x = k.to_device(np.full((1, 1, 1, 1), -np.inf))
    y = k.empty((1, 1, 1, 1))
    weight = k.to_device(np.ones((1, 1, 1, 1)))
    for slope, expected in ((0.0, 0.0), (0.5, -np.inf)):
        k.conv2d_fused_forward(y, None, x, weight, *(None,) * 5, 0.0, slope, False, *GEOMETRY)
        assert k.to_host(y).item() == expected


def test_rectified_pool_backward(k):
    """dy goes to the pixel that won, halved where y is below zero; an odd last row gets nothing."""
    dx = k.empty((1, 3, 2, 1))
    dy, y = k.to_device(np.full((1, 1, 1, 1), 6.0)), k.to_device(np.full((1, 1, 1, 1), -1.0))
    index = k.to_device(np.full((1, 1, 1, 1), 2))
    k.rectified_pool_backward(dx, dy, index, y, 0.5)
    np.testing.assert_array_equal(k.to_host(dx).ravel(), [0.0, 0.0, 3.0, 0.0, 0.0, 0.0])


def test_batch_norm_fused(k):
    """Values 0 and 4: mean 2, deviation 2; normalised -1 and 1, the larger of each 2 x 2 is 1."""
    x = k.to_device(np.array([[0.0, 4.0], [4.0, 0.0]]).reshape(1, 2, 2, 1))
    y, index = k.empty((1, 1, 1, 1)), k.empty((1, 1, 1, 1), np.int32)
    mean, inverse, *running = k.empty((1,)), k.empty((1,)), k.zeros((1,)), k.zeros((1,))
    three, one = k.to_device(np.array([3.0])), k.to_device(np.array([1.0]))
    k.batch_norm_fused_forward(
        y, index, mean, inverse, *running, x, three, one, 0.5, 0.0, 0.0, True
    )
    assert k.to_host(y).item() == 4.0
    assert k.to_host(index).item() == 1
    assert [k.to_host(v).item() for v in (mean, inverse, *running)] == [2.0, 0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("shape", "pool", "index"), [((1, 3, 3, 1), True, True), ((1, 2, 2, 1), True, False)]
)
def test_wrong_lengths_and_a_missing_index(k, shape, pool, index):
    dx, dy = k.zeros((1, 4, 4, 1)), k.zeros(shape)
    places = k.zeros(shape, np.int32) if index else None
    ones = [k.zeros((1,)) for _ in range(4)]
    with pytest.raises(ValueError, match=r"batch_norm_fused_backward: (with pool|index is None)"):
        k.batch_norm_fused_backward(dx, None, None, dy, places, dx, *ones, 0.0, pool)


def test_negative_slope(k):
    x = k.zeros((1, 1, 1, 1))
    with pytest.raises(ValueError, match="slope is -0.5, expected a finite number >= 0"):
        k.conv2d_fused_forward(x, None, x, x, *(None,) * 5, 0.0, -0.5, False, *GEOMETRY)
