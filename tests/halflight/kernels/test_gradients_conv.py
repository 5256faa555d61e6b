"""Calculus of dilated, grouped, three-dimensional and depthwise convolution, and of the bias."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases.case import normal
from tests.halflight.kernels.cases.conv import output_shape
from tests.halflight.kernels.test_gradients import check, filled

K = kernels.load("reference")
RNG = np.random.Generator(np.random.Philox(key=[12, 0]))


def check_convolution(name, image, channels, w_shape, strides, padding, total, dilation, *groups):
    output = output_shape(image, w_shape[: len(image)], strides, total, dilation)
    shape = (2, *output, channels[1])
    geometry = (strides, padding, dilation, *groups)
    forward, backward_input, backward_weights = (
        getattr(K, f"{name}_{part}") for part in ("forward", "backward_input", "backward_weights")
    )

    def backward(dy, x, w, b):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        backward_weights(dw, db, dy, x, *geometry)
        return filled(backward_input, x.shape, dy, w, *geometry), dw, db

    check(
        lambda x, w, b: filled(forward, shape, x, w, b, *geometry),
        backward,
        normal(RNG, 2, *image, channels[0]),
        normal(RNG, *w_shape),
        normal(RNG, channels[1]),
    )


def test_dilated_and_grouped():
    check_convolution("conv2d", (7, 6), (4, 6), (3, 2, 2, 6), (1, 1), (2, 1), (3, 2), (2, 3), 2)
    check_convolution("conv2d", (7, 6), (3, 3), (2, 2, 1, 3), (2, 3), (0, 1), (0, 2), (3, 2), 3)


@pytest.mark.parametrize(("strides", "dilation"), [((1, 2, 1), (1, 1, 1)), ((1, 1, 1), (2, 1, 2))])
def test_volumes(strides, dilation):
    check_convolution(
        "conv3d", (4, 5, 4), (4, 2), (2, 3, 2, 2, 2), strides, (1, 1, 0), (1, 2, 1), dilation, 2
    )


@pytest.mark.parametrize(("strides", "dilation"), [((2, 1), (1, 1)), ((1, 1), (2, 3))])
def test_depthwise(strides, dilation):
    check_convolution(
        "depthwise_conv2d", (7, 6), (3, 6), (3, 2, 3, 2), strides, (2, 0), (3, 1), dilation
    )


def test_bias():
    def forward(y, b):
        out = y.copy()
        K.bias_forward(out, b)
        return out

    def backward(dy, y, b):
        db = np.zeros_like(b)
        K.bias_backward(db, dy)
        return dy, db

    check(forward, backward, normal(RNG, 2, 3, 4), normal(RNG, 4))
