"""Calculus, checked once: the reference's gradients along a random direction, in float64."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases.case import normal, positive
from tests.halflight.kernels.cases.conv import output_shape

K = kernels.load("reference")
RNG = np.random.Generator(np.random.Philox(key=[11, 0]))


def check(forward, backward, *inputs, step=1e-5, tolerance=1e-6):
    """<gradient, direction> equals the central difference of <dy, forward> along the direction.

    forward(*inputs) -> output, backward(dy, *inputs) -> one gradient an input. The difference is
    extrapolated (Richardson) so that its own error is far below the tolerance.
    """
    directions = [RNG.standard_normal(x.shape) for x in inputs]
    dy = RNG.standard_normal(forward(*inputs).shape)

    def along(h):
        ahead = forward(*(x + h * d for x, d in zip(inputs, directions, strict=True)))
        behind = forward(*(x - h * d for x, d in zip(inputs, directions, strict=True)))
        return np.sum(dy * (ahead - behind)) / (2.0 * h)

    expected = (4.0 * along(step) - along(2.0 * step)) / 3.0
    gradients = backward(dy, *inputs)
    received = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    scale = sum(np.sum(np.abs(g * d)) for g, d in zip(gradients, directions, strict=True))
    assert scale > 0.0
    assert abs(received - expected) <= tolerance * scale / np.sqrt(sum(x.size for x in inputs))


def filled(kernel, shape, *arguments):
    out = np.full(shape, np.nan)
    kernel(out, *arguments)
    return out


@pytest.mark.parametrize(
    ("size", "strides", "padding", "total"),
    [
        ((3, 3), (1, 1), (1, 1), (2, 2)),
        ((5, 2), (2, 1), (1, 0), (3, 1)),
        ((1, 2), (3, 3), (0, 0), (0, 0)),
    ],
)
def test_conv(size, strides, padding, total):
    shape = (2, *output_shape((7, 6), size, strides, total), 4)
    geometry = (strides, padding, (1, 1), 1)

    def backward(dy, x, w, b):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        K.conv2d_backward_weights(dw, db, dy, x, *geometry)
        return filled(K.conv2d_backward_input, x.shape, dy, w, *geometry), dw, db

    check(
        lambda x, w, b: filled(K.conv2d_forward, shape, x, w, b, *geometry),
        backward,
        normal(RNG, 2, 7, 6, 3),
        normal(RNG, *size, 3, 4),
        normal(RNG, 4),
    )


def test_dense():
    def backward(dy, x, w, b):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        K.dense_backward_weights(dw, db, dy, x)
        return filled(K.dense_backward_input, x.shape, dy, w), dw, db

    check(
        lambda x, w, b: filled(K.dense_forward, (5, 3), x, w, b),
        backward,
        normal(RNG, 5, 7),
        normal(RNG, 7, 3),
        normal(RNG, 3),
    )


def test_max_pool():
    geometry = ((3, 2), (2, 2), (1, 0))
    shape = (2, 4, 3, 5)
    index = np.zeros(shape, np.int32)
    check(
        lambda x: filled(K.max_pool2d_forward, shape, index, x, *geometry),
        lambda dy, x: [filled(K.max_pool2d_backward, x.shape, dy, index, *geometry)],
        RNG.permutation(420).astype(float).reshape(2, 7, 6, 5),
    )


def test_average_pools():
    geometry = ((3, 2), (2, 2), (1, 0))
    check(
        lambda x: filled(K.average_pool2d_forward, (2, 4, 3, 5), x, *geometry),
        lambda dy, x: [filled(K.average_pool2d_backward, x.shape, dy, *geometry)],
        normal(RNG, 2, 7, 6, 5),
    )
    check(
        lambda x: filled(K.global_average_pool_forward, (2, 5), x),
        lambda dy, x: [filled(K.global_average_pool_backward, x.shape, dy)],
        normal(RNG, 2, 42, 5),
    )


@pytest.mark.parametrize("shape", [(20, 3), (2, 4, 3, 5)])
def test_batch_norm_training(shape):
    channels = shape[-1]
    epsilon = 0.1

    def run(x, gamma, beta):
        y, mean, inverse = np.empty(shape), np.empty(channels), np.empty(channels)
        running = np.zeros(channels), np.ones(channels)
        K.batch_norm_forward_training(y, mean, inverse, *running, x, gamma, beta, 0.9, epsilon)
        return y, mean, inverse

    def backward(dy, x, gamma, beta):
        _, mean, inverse = run(x, gamma, beta)
        dx, dgamma, dbeta = np.empty(shape), np.zeros(channels), np.zeros(channels)
        K.batch_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse)
        return dx, dgamma, dbeta

    inputs = normal(RNG, *shape), positive(RNG, channels), normal(RNG, channels)
    check(lambda *a: run(*a)[0], backward, *inputs)


def test_batch_norm_inference():
    statistics = (normal(RNG, 5), positive(RNG, 5), 0.1)

    def backward(dy, x, gamma, beta):
        dx, dgamma, dbeta = np.empty(x.shape), np.zeros(5), np.zeros(5)
        K.batch_norm_backward_inference(dx, dgamma, dbeta, dy, x, gamma, *statistics)
        return dx, dgamma, dbeta

    check(
        lambda x, g, b: filled(K.batch_norm_forward_inference, x.shape, x, g, b, *statistics),
        backward,
        normal(RNG, 2, 3, 5),
        positive(RNG, 5),
        normal(RNG, 5),
    )


def test_regularize():
    def backward(dy, w):
        dw = np.zeros_like(w)
        K.regularize(np.empty(1), dw, w, 0.3, 0.7)
        return [dy * dw]

    w = normal(RNG, 4, 5)
    check(
        lambda w: filled(K.regularize, (1,), None, w, 0.3, 0.7),
        backward,
        np.where(np.abs(w) < 0.01, 0.5, w),  # away from the kink
    )
