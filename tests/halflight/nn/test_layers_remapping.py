"""Resizing and padding: NumPy's own padding, interpolation by hand and by SciPy, errors."""

import copy

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from halflight.nn import Input, Model, layers

RNG = np.random.default_rng(7)


def applied(layer, x, backend="reference"):
    image = Input(x.shape[1:])
    return Model(image, layer(image), backend=backend).predict(x)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "edge", "wrap"])
@pytest.mark.parametrize("edges", [((1, 2), (3, 0)), ((0, 0), (2, 2))])
def test_padding_is_numpys(mode, edges):
    x = RNG.normal(size=(2, 5, 4, 3))
    expected = np.pad(x, ((0, 0), *edges, (0, 0)), mode=mode)
    np.testing.assert_array_equal(applied(layers.Padding2D(edges, mode), x), expected)
    expected = np.pad(x[:, :, 0], ((0, 0), edges[0], (0, 0)), mode=mode)
    np.testing.assert_array_equal(applied(layers.Padding1D(edges[0], mode), x[:, :, 0]), expected)


@pytest.mark.parametrize("size", [(5, 7), (13, 3), (2, 2), (1, 20)])
def test_bilinear_is_interpolation_between_centres(size):
    x = RNG.normal(size=(1, 6, 5, 2))
    found = applied(layers.Resizing(*size), x)
    centres = [
        np.clip((np.arange(new) + 0.5) * n / new - 0.5, 0, n - 1)
        for n, new in zip((6, 5), size, strict=True)
    ]
    points = np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1)
    for channel in range(2):
        known = RegularGridInterpolator((np.arange(6), np.arange(5)), x[0, ..., channel])
        np.testing.assert_allclose(found[0, ..., channel], known(points), rtol=1e-12, atol=1e-14)


def test_nearest_by_hand():
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    for width, expected in ((2, [1, 3]), (6, [1, 1, 2, 2, 3, 3]), (5, [1, 1, 2, 3, 3]), (1, [2])):
        found = applied(layers.Resizing(1, width, interpolation="nearest"), x)
        np.testing.assert_array_equal(found.ravel(), expected)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_whole_factors_are_those_of_upsampling(interpolation):
    x = RNG.normal(size=(2, 4, 3, 2))
    larger = applied(layers.UpSampling2D((2, 3), interpolation=interpolation), x)
    found = applied(layers.Resizing(8, 9, interpolation), x)
    np.testing.assert_allclose(found, larger, rtol=1e-12, atol=1e-14)


def test_a_copy_resizes_alike():
    image = Input((4, 3, 2))
    model = Model(image, layers.Resizing(5, 5)(image), backend="cpu")
    x = RNG.normal(size=(2, 4, 3, 2))
    expected = model.predict(x)
    np.testing.assert_array_equal(copy.deepcopy(model).predict(x), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Resizing(0, 3), "height must be a positive integer"),
        (lambda: layers.Resizing(3, 3, "bicubic"), "interpolation must be one of"),
        (lambda: layers.Padding2D(1, "constant"), "mode must be one of 'reflect'"),
        (lambda: layers.Padding1D(-1), "padding must be"),
        (
            lambda: layers.Padding2D(3, "reflect")(Input((3, 4, 1))),
            "padding by 'reflect' must be at most 2 of 3 values",
        ),
        (lambda: layers.Padding1D(4, "wrap")(Input((3, 1))), "must be at most 3 of 3 values"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_middle_is_cropped():
    x = RNG.normal(size=(1, 7, 6, 1))
    np.testing.assert_array_equal(applied(layers.CenterCrop(4, 3), x), x[:, 1:5, 1:4])
    with pytest.raises(ValueError, match="needs an image of at least 8 x 3"):
        layers.CenterCrop(8, 3)(Input((7, 6, 1)))
