"""Convolutions worked out by hand or by SciPy, for every back end."""

import numpy as np
import pytest
from scipy.signal import correlate

from halflight import kernels
from tests.halflight.kernels.backends import AT_LENGTH


@pytest.fixture(params=AT_LENGTH)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    """Arrays in the back end's memory."""
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def oracle(x, w, strides, dilation):
    """Convolution without padding by SciPy: zeros between the taps, then every stride-th window."""
    axes = len(strides)
    spread = np.zeros(
        (*((k - 1) * d + 1 for k, d in zip(w.shape, dilation, strict=False)), *w.shape[-2:])
    )
    spread[tuple(slice(None, None, d) for d in dilation)] = w
    steps = tuple(slice(None, None, s) for s in strides)
    pixels = [
        [correlate(image, spread[..., o], mode="valid")[steps][..., 0] for image in x]
        for o in range(w.shape[-1])
    ]
    return np.moveaxis(np.array(pixels), 0, axes + 1)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize(
    ("image", "size", "strides", "dilation"),
    [
        ((9, 8), (3, 2), (1, 1), (2, 3)),
        ((9, 8), (3, 2), (2, 3), (1, 1)),
        ((11, 9), (3, 2), (2, 3), (4, 2)),
        ((5, 6, 7), (2, 3, 2), (1, 2, 1), (1, 1, 1)),
        ((5, 6, 7), (2, 3, 2), (1, 1, 1), (3, 1, 2)),
    ],
)
def test_convolution_is_scipy_correlation(backend, image, size, strides, dilation, groups):
    rng = np.random.Generator(np.random.Philox(key=[22, 0]))
    x, w = rng.standard_normal((2, *image, 6)), rng.standard_normal((*size, 6 // groups, 9))
    inputs, outputs = np.split(x, groups, axis=-1), np.split(w, groups, axis=-1)
    parts = [oracle(a, b, strides, dilation) for a, b in zip(inputs, outputs, strict=True)]
    expected = np.concatenate(parts, axis=-1)
    y, none = backend.empty(expected.shape), (0,) * len(size)
    forward = getattr(backend, f"conv{len(size)}d_forward")
    forward(y, *on(backend, x, w), None, strides, none, dilation, groups)
    np.testing.assert_allclose(backend.to_host(y), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize(("strides", "dilation"), [((1, 1), (2, 1)), ((2, 3), (1, 1))])
def test_depthwise_is_scipy_correlation_by_channel(backend, strides, dilation):
    rng = np.random.Generator(np.random.Philox(key=[23, 0]))
    x, w = rng.standard_normal((2, 7, 8, 3)), rng.standard_normal((3, 2, 3, 2))
    channels = [oracle(x[..., c : c + 1], w[:, :, c : c + 1], strides, dilation) for c in range(3)]
    expected = np.concatenate(channels, axis=-1)  # both outputs of channel 0, then of 1, of 2
    y = backend.empty(expected.shape)
    backend.depthwise_conv2d_forward(y, *on(backend, x, w), None, strides, (0, 0), dilation)
    np.testing.assert_allclose(backend.to_host(y), expected, rtol=0, atol=2e-5)


def test_dilation_by_hand(backend):
    """Taps 1 and 10, two pixels apart, over 1 2 3 4 with one zero before and two after."""
    x, w = on(backend, np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 4, 1), [[[[1.0]], [[10.0]]]])
    y, dx, dw = backend.empty((1, 1, 5, 1)), backend.empty((1, 1, 4, 1)), backend.zeros(w.shape)
    geometry = ((1, 1), (0, 1), (1, 2), 1)
    backend.conv2d_forward(y, x, w, None, *geometry)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [20, 31, 42, 3, 4])
    (dy,) = on(backend, np.array([1.0, 0.0, 0.0, 0.0, 2.0]).reshape(1, 1, 5, 1))
    backend.conv2d_backward_input(dx, dy, w, *geometry)
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), [0, 10, 0, 2])
    backend.conv2d_backward_weights(dw, None, dy, x, *geometry)
    np.testing.assert_array_equal(backend.to_host(dw).ravel(), [2 * 4, 1 * 2])


def test_groups_by_hand(backend):
    """Two groups of one channel: 3 and 5 times the first, 7 and 9 times the second."""
    x, w, b = on(backend, [[[[1.0, 2.0]]]], [[[[3.0, 5.0, 7.0, 9.0]]]], [0.0, 1.0, 0.0, 1.0])
    y, dx, dw, db = (backend.zeros(s) for s in ((1, 1, 1, 4), x.shape, w.shape, (4,)))
    geometry = ((1, 1), (0, 0), (1, 1), 2)
    backend.conv2d_forward(y, x, w, b, *geometry)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [3, 6, 14, 19])
    (dy,) = on(backend, [[[[1.0, 1.0, 1.0, 2.0]]]])
    backend.conv2d_backward_input(dx, dy, w, *geometry)
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), [3 + 5, 7 + 18])
    backend.conv2d_backward_weights(dw, db, dy, x, *geometry)
    np.testing.assert_array_equal(backend.to_host(dw).ravel(), [1, 1, 2, 4])
    np.testing.assert_array_equal(backend.to_host(db), [1, 1, 1, 2])


def test_depthwise_by_hand(backend):
    """Two channels, two outputs each: output c * 2 + m is channel c times its weight m."""
    x, w, b = on(backend, [[[[1.0, 10.0]]]], [[[[2.0, 3.0], [4.0, 5.0]]]], [0.5, 0.0, 0.0, 0.0])
    y, dx, dw, db = (backend.zeros(s) for s in ((1, 1, 1, 4), x.shape, w.shape, (4,)))
    geometry = ((1, 1), (0, 0), (1, 1))
    backend.depthwise_conv2d_forward(y, x, w, b, *geometry)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [2.5, 3, 40, 50])
    (dy,) = on(backend, [[[[1.0, 2.0, 3.0, 4.0]]]])
    backend.depthwise_conv2d_backward_input(dx, dy, w, *geometry)
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), [2 + 6, 12 + 20])
    backend.depthwise_conv2d_backward_weights(dw, db, dy, x, *geometry)
    np.testing.assert_array_equal(backend.to_host(dw).ravel(), [1, 2, 30, 40])
    np.testing.assert_array_equal(backend.to_host(db), [1, 2, 3, 4])


def test_bias_by_hand(backend):
    y, b, db = on(backend, [[[1.0, 2.0], [3.0, 4.0]]], [10.0, 20.0], [1.0, 1.0])
    backend.bias_backward(db, y)
    np.testing.assert_array_equal(backend.to_host(db), [1 + 1 + 3, 1 + 2 + 4])
    backend.bias_forward(y, b)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [11, 22, 13, 24])
