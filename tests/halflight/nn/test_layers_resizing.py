"""Reshaping, permuting, upsampling, padding and cropping: Keras's forms, values and refusals."""

import numpy as np
import pytest

from halflight.nn import Input, layers


def output(place, layer, x):
    placed = place(layer, [np.shape(x)], "reference", batch=1)
    placed.inputs[0][...] = x
    return placed.forward()[0]


IMAGE = np.arange(1.0, 7.0).reshape(2, 3, 1)  # 1 2 3 / 4 5 6


@pytest.mark.parametrize(
    ("padding", "edges"),
    [
        (1, ((1, 1), (1, 1))),
        ((0, 2), ((0, 0), (2, 2))),
        (((1, 0), (0, 2)), ((1, 0), (0, 2))),
        ([[1, 0], [0, 2]], ((1, 0), (0, 2))),
    ],
)
def test_the_forms_of_margins(place, padding, edges):
    layer = layers.ZeroPadding2D(padding)
    assert layer.padding == edges
    padded = output(place, layer, IMAGE)
    np.testing.assert_array_equal(padded, np.pad(IMAGE, (*edges, (0, 0))))
    cropping = layers.Cropping2D(padding)
    assert cropping.cropping == edges
    np.testing.assert_array_equal(output(place, cropping, padded), IMAGE)


def test_the_defaults_are_keras_s(place):
    assert layers.ZeroPadding2D().padding == ((1, 1), (1, 1))
    assert layers.Cropping2D().cropping == ((0, 0), (0, 0))
    assert layers.ZeroPadding1D().padding == (1, 1)
    assert layers.Cropping1D().cropping == (1, 1)
    assert (layers.UpSampling1D().size, layers.UpSampling2D().size) == (2, (2, 2))
    assert layers.UpSampling2D().interpolation == "nearest"


def test_sequences(place):
    x = np.array([[1, 2], [3, 4], [5, 6]], float)
    np.testing.assert_array_equal(
        output(place, layers.ZeroPadding1D((0, 2)), x), [[1, 2], [3, 4], [5, 6], [0, 0], [0, 0]]
    )
    np.testing.assert_array_equal(output(place, layers.Cropping1D((2, 0)), x), [[5, 6]])
    np.testing.assert_array_equal(output(place, layers.UpSampling1D(2), x), x.repeat(2, axis=0))


def test_upsampling_by_hand(place):
    y = output(place, layers.UpSampling2D((2, 1)), IMAGE)
    np.testing.assert_array_equal(y[:, :, 0], [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]])
    x = np.array([[[0], [4]], [[8], [12]]], float)
    y = output(place, layers.UpSampling2D(2, interpolation="bilinear"), x)
    np.testing.assert_array_equal(y[:, :, 0], np.add.outer([0, 2, 6, 8], [0, 1, 3, 4]))


def test_permute_counts_from_one(place):
    y = output(place, layers.Permute((2, 3, 1)), IMAGE)
    np.testing.assert_array_equal(y, IMAGE.transpose(1, 2, 0))
    y = output(place, layers.Permute([2, 1]), IMAGE[:, :, 0])
    np.testing.assert_array_equal(y, [[1, 4], [2, 5], [3, 6]])


def test_reshape_keeps_the_order(place):
    y = output(place, layers.Reshape([3, -1]), IMAGE)
    np.testing.assert_array_equal(y, [[1, 2], [3, 4], [5, 6]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Reshape((2, -1, -1)), r"target_shape must .* received \(2, -1, -1\)"),
        (lambda: layers.Reshape((0, 3)), "target_shape must"),
        (lambda: layers.Reshape(()), "target_shape must"),
        (lambda: layers.Reshape(6), "target_shape must"),
        (lambda: layers.Reshape((4, 2))(Input((2, 3))), r"\(4, 2\) must hold 6 values, .*\(2, 3\)"),
        (lambda: layers.Reshape((4, -1))(Input((2, 3))), r"\(4, -1\) must hold 6 values"),
        (lambda: layers.Reshape((7, -1))(Input((2, 3))), r"\(7, -1\) must hold 6 values"),
        (lambda: layers.Permute((0, 1)), r"dims must be 1, 2, ... once each, .* \(0, 1\)"),
        (lambda: layers.Permute((1, 1)), "dims must"),
        (lambda: layers.Permute(("a", "b")), "dims must"),
        (lambda: layers.Permute((1, 2, 3, 4, 5, 6)), "5 axes at most"),
        (lambda: layers.Permute((2, 1))(Input((2, 3, 4))), r"dims \(2, 1\) need as many axes"),
        (lambda: layers.UpSampling1D(0), "size must be a positive integer, received 0"),
        (lambda: layers.UpSampling2D((1, 2, 3)), "size must be"),
        (lambda: layers.UpSampling2D(2, "bicubic"), "interpolation must be .* received 'bicubic'"),
        (lambda: layers.UpSampling2D(2)(Input((4, 4))), r"needs an image \(height, width, chan"),
        (lambda: layers.ZeroPadding1D(-1), r"padding must be an integer >= 0 or a pair .* -1"),
        (lambda: layers.ZeroPadding1D(((1, 1), 2)), "padding must be an integer >= 0 or a pair"),
        (lambda: layers.ZeroPadding2D((1, -1)), r"padding must .* 2 pairs .*\(1, -1\)"),
        (lambda: layers.ZeroPadding2D(True), "padding must .* received True"),
        (lambda: layers.Cropping2D(((1, 1), (1, 1, 1))), "cropping must"),
        (lambda: layers.Cropping2D((0, 2), name="c")(Input((3, 4, 1))), r"'c': .* must leave"),
        (lambda: layers.Cropping1D((2, 2))(Input((4, 1))), "must leave something"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
