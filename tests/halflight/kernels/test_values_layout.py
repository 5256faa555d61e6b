"""Merging, moving and enlarging: values worked out by hand or by NumPy and SciPy."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import zoom

from halflight import kernels
from tests.halflight.kernels.backends import EVERYWHERE, ON_CPU
from tests.halflight.kernels.cases.case import normal


@pytest.fixture(params=EVERYWHERE)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    """Arrays in the back end's memory."""
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def random(key):
    return np.random.Generator(np.random.Philox(key=[51, key]))


def test_merging_by_hand(backend):
    a, b = on(backend, [6.0, -1.0, 2.0], [3.0, 4.0, 2.0])
    y = backend.empty((3,))
    for name, expected in (
        ("add", [9, 3, 4]),
        ("subtract", [3, -5, 0]),
        ("multiply", [18, -4, 4]),
        ("maximum", [6, 4, 2]),
        ("minimum", [3, -1, 2]),
    ):
        getattr(backend, f"{name}_forward")(y, a, b)
        np.testing.assert_array_equal(backend.to_host(y), expected)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_nan_on_either_side_comes_through(backend, name):
    a, b = on(backend, [np.nan, 1.0, np.nan, np.inf], [1.0, np.nan, np.nan, -np.inf])
    y = backend.empty((4,))
    getattr(backend, f"{name}_forward")(y, a, b)
    assert np.isnan(backend.to_host(y)).tolist() == [True, True, True, False]


def test_the_first_of_equal_values_gets_the_gradient(backend):
    a, b, dy = on(backend, [1, 5, 2, np.nan], [3, 5, 0, np.nan], [10, 20, 30, 40])
    y, da, db = (backend.empty((4,)) for _ in range(3))
    backend.maximum_forward(y, a, b)
    backend.extremum_backward(da, dy, a, y)
    np.testing.assert_array_equal(backend.to_host(da), [0, 20, 30, 40])
    np.testing.assert_array_equal(backend.to_host(dy), [10, 0, 0, 0])
    backend.extremum_backward(db, dy, b, y)
    np.testing.assert_array_equal(backend.to_host(db), [10, 0, 0, 0])
    np.testing.assert_array_equal(backend.to_host(dy), 0)


def test_global_max_by_hand(backend):
    (x,) = on(backend, [[[1, -7], [4, -2], [4, -2]], [[np.nan, 3], [9, 3], [np.nan, 5]]])
    y, index = backend.empty((2, 2)), backend.empty((2, 2), np.int32)
    backend.global_max_pool_forward(y, index, x)
    np.testing.assert_array_equal(backend.to_host(y), [[4, -2], [np.nan, 5]])
    np.testing.assert_array_equal(backend.to_host(index), [[1, 1], [0, 2]])
    dx, (dy,) = backend.empty((2, 3, 2)), on(backend, [[1, 2], [3, 4]])
    backend.global_max_pool_backward(dx, dy, index)
    expected = [[[0, 0], [1, 2], [0, 0]], [[3, 0], [0, 0], [0, 4]]]
    np.testing.assert_array_equal(backend.to_host(dx), expected)


def test_global_average_by_hand(backend):
    (x, dy) = on(backend, [[[1, 2], [3, 6], [5, 1], [3, 3]]], [[8, 4]])
    y, dx = backend.empty((1, 2)), backend.empty((1, 4, 2))
    backend.global_average_pool_forward(y, x)
    np.testing.assert_array_equal(backend.to_host(y), [[3, 3]])
    backend.global_average_pool_backward(dx, dy)
    np.testing.assert_array_equal(backend.to_host(dx), [[[2, 1]] * 4])


def test_padding_and_cropping_by_hand(backend):
    (x,) = on(backend, [[[[1], [2], [3]], [[4], [5], [6]]]])
    padded, cropped = backend.empty((1, 3, 5, 1)), backend.empty((1, 1, 2, 1))
    backend.pad2d(padded, x, 0, 2)
    expected = [[0, 0, 1, 2, 3], [0, 0, 4, 5, 6], [0, 0, 0, 0, 0]]
    np.testing.assert_array_equal(backend.to_host(padded)[0, :, :, 0], expected)
    backend.crop2d(cropped, x, 1, 1)
    np.testing.assert_array_equal(backend.to_host(cropped).ravel(), [5, 6])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(*[st.integers(0, 3)] * 4, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_cropping_is_the_adjoint_of_padding(top, bottom, left, right, height, width, channels):
    """<pad(x), y> = <x, crop(y)>, of small integers and so exactly."""
    rng = random(1)
    large = (2, height + top + bottom, width + left + right, channels)
    x = rng.integers(-9, 9, (2, height, width, channels)).astype(float)
    y = rng.integers(-9, 9, large).astype(float)
    for name in ON_CPU:
        backend = kernels.load(name)
        padded, cropped = backend.empty(y.shape), backend.empty(x.shape)
        backend.pad2d(padded, backend.to_device(x), top, left)
        backend.crop2d(cropped, backend.to_device(y), top, left)
        assert np.sum(backend.to_host(padded) * y) == np.sum(x * backend.to_host(cropped))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.randoms())
def test_permute_is_numpys_transpose(shape, shuffler):
    axes = list(range(len(shape)))
    shuffler.shuffle(axes)
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    expected = np.transpose(x, axes)
    for name in ON_CPU:
        backend = kernels.load(name)
        y = backend.empty(expected.shape)
        backend.permute(y, backend.to_device(x), tuple(axes))
        np.testing.assert_array_equal(backend.to_host(y), expected)


def test_nearest_by_hand(backend):
    x, dy = on(backend, [[[[1], [2]]]], np.arange(1.0, 13.0).reshape(1, 2, 6, 1))
    y, dx = backend.empty((1, 2, 6, 1)), backend.empty((1, 1, 2, 1))
    backend.upsample2d_nearest_forward(y, x, (2, 3))
    np.testing.assert_array_equal(backend.to_host(y)[0, :, :, 0], [[1, 1, 1, 2, 2, 2]] * 2)
    backend.upsample2d_nearest_backward(dx, dy, (2, 3))
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), [30, 48])  # 1 + 2 + 3 + 7 + 8 + 9


def test_bilinear_by_hand(backend):
    """Twice as large, centres lie at -1/4, 1/4, 3/4 and 5/4: values stay beyond 0 and 1."""
    (x,) = on(backend, [[[[0], [4]], [[8], [12]]]])
    y = backend.empty((1, 4, 4, 1))
    backend.upsample2d_bilinear_forward(y, x, (2, 2))
    expected = np.add.outer([0, 2, 6, 8], [0, 1, 3, 4])
    np.testing.assert_array_equal(backend.to_host(y)[0, :, :, 0], expected)
    dx, (dy,) = backend.empty((1, 2, 2, 1)), on(backend, np.zeros((1, 4, 4, 1)))
    dy[0, 1, 0, 0] = 16.0  # a quarter down, at the left edge
    dy[0, 2, 2, 0] += 16.0  # three quarters down and right
    backend.upsample2d_bilinear_backward(dx, dy, (2, 2))
    np.testing.assert_array_equal(backend.to_host(dx)[0, :, :, 0], [[12 + 1, 3], [4 + 3, 9]])


@pytest.mark.parametrize(
    ("shape", "size"),
    [((2, 3, 4, 3), (2, 2)), ((1, 5, 1, 2), (3, 4)), ((2, 2, 7, 1), (1, 5))],
)
def test_bilinear_is_scipys_zoom(backend, shape, size):
    x = normal(random(2), *shape)
    expected = zoom(x, (1, *size, 1), order=1, mode="nearest", grid_mode=True)
    y = backend.empty(expected.shape)
    backend.upsample2d_bilinear_forward(y, backend.to_device(x), size)
    np.testing.assert_allclose(backend.to_host(y), expected, rtol=0, atol=1e-6)


def test_a_nan_spreads_no_further_than_its_neighbours(backend):
    """At odd sizes some centres coincide: a weight of zero must not let a NaN in."""
    (x,) = on(backend, [[[[1], [np.nan], [2]]]])
    y = backend.empty((1, 1, 9, 1))
    backend.upsample2d_bilinear_forward(y, x, (1, 3))
    missing = np.isnan(backend.to_host(y).ravel())
    assert missing.tolist() == [False] * 2 + [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("kernel", "y", "x", "scalars", "message"),
    [
        ("pad2d", (1, 3, 3, 1), (1, 2, 2, 1), (2, 0), "rows: 2 from 2 on do not lie inside 3"),
        ("pad2d", (1, 3, 3, 1), (1, 2, 2, 1), (0, -1), "columns: 2 from -1 on"),
        ("crop2d", (1, 2, 2, 1), (1, 3, 3, 1), (0, 2), "columns: 2 from 2 on do not lie inside 3"),
        ("crop2d", (1, 4, 2, 1), (1, 3, 3, 1), (0, 0), "rows: 4 from 0 on do not lie inside 3"),
        (
            *("upsample2d_nearest_forward", (1, 4, 4, 1), (1, 2, 2, 1), ((2, 3),)),
            "columns: 2 times size 3 is not 4",
        ),
        (
            *("upsample2d_bilinear_forward", (1, 4, 4, 1), (1, 2, 2, 1), ((0, 2),)),
            "rows: 2 times size 0 is not 4",
        ),
        ("permute", (3, 2), (2, 3), ((0, 1),), "axes (0, 1) of x (2, 3) do not give y (3, 2)"),
        ("permute", (3, 2), (2, 3), ((1, 1),), "axes (1, 1) must hold each axis of x (2, 3) once"),
        ("permute", (1,) * 7, (1,) * 7, (tuple(range(7)),), "x may have 1 to 6"),
    ],
)
def test_what_does_not_fit_is_refused(backend, kernel, y, x, scalars, message):
    output = backend.zeros(y)
    with pytest.raises(ValueError, match=rf"^{kernel}: .*{re.escape(message)}"):
        getattr(backend, kernel)(output, backend.to_device(np.ones(x)), *scalars)
    assert not backend.to_host(output).any()
