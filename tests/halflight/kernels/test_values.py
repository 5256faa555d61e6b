"""Values worked out by hand or by an independent oracle, for every back end."""

import math

import numpy as np
import pytest
from scipy.signal import correlate
from scipy.stats import norm as normal_distribution

from halflight import kernels
from halflight.kernels.randomness import dropout_bits, dropout_threshold, random_key
from tests.halflight.kernels.backends import AT_LENGTH


@pytest.fixture(params=AT_LENGTH)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    """Arrays in the back end's memory."""
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def test_convolution_is_scipy_correlation(backend):
    rng = np.random.Generator(np.random.Philox(key=[21, 0]))
    x, w = rng.standard_normal((2, 9, 7, 3)), rng.standard_normal((4, 3, 3, 2))
    full = [
        [correlate(image, w[..., o], mode="full")[:, :, 2] for o in range(2)] for image in x
    ]  # the last axis of the full correlation of 3 channels with 3: only its middle sums them all
    full = np.moveaxis(np.array(full), 1, -1)
    # mode "full" pads kernel - 1 = (3, 2) before; padding (1, 2), stride (2, 1) keeps these windows
    expected = full[:, 2::2][:, :4]
    y, x, w = backend.empty((2, 4, 9, 2)), *on(backend, x, w)
    backend.conv2d_forward(y, x, w, None, (2, 1), (1, 2), (1, 1), 1)
    np.testing.assert_allclose(backend.to_host(y), expected, rtol=0, atol=2e-5)


def test_convolution_padding_by_hand(backend):
    x, w, b = on(backend, [[[[1.0], [2.0]], [[3.0], [4.0]]]], np.ones((2, 2, 1, 1)), [10.0])
    y = backend.empty((1, 3, 3, 1))
    backend.conv2d_forward(y, x, w, b, (1, 1), (1, 1), (1, 1), 1)
    expected = [[11.0, 13.0, 12.0], [14.0, 20.0, 16.0], [13.0, 17.0, 14.0]]
    np.testing.assert_array_equal(backend.to_host(y)[0, :, :, 0], expected)
    y = backend.empty((1, 2, 2, 1))  # the same rows, stride 2: the output's shape sets the rest
    backend.conv2d_forward(y, x, w, b, (2, 2), (1, 1), (1, 1), 1)
    np.testing.assert_array_equal(backend.to_host(y)[0, :, :, 0], [[11.0, 12.0], [13.0, 14.0]])


def test_pooling_at_an_odd_size(backend):
    (x,) = on(backend, -1.0 - np.arange(9.0).reshape(1, 3, 3, 1))
    y, index = backend.empty((1, 2, 2, 1)), backend.empty((1, 2, 2, 1), np.int32)
    backend.max_pool2d_forward(y, index, x, (2, 2), (2, 2), (0, 0))
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [-1.0, -3.0, -7.0, -9.0])
    np.testing.assert_array_equal(backend.to_host(index).ravel(), [0, 0, 0, 0])
    backend.max_pool2d_forward(y, index, x, (2, 2), (2, 2), (1, 1))  # zeros would win, but may not
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [-1.0, -2.0, -4.0, -5.0])
    np.testing.assert_array_equal(backend.to_host(index).ravel(), [3, 2, 1, 0])
    dx, (dy,) = backend.empty((1, 3, 3, 1)), on(backend, np.arange(1.0, 5.0).reshape(1, 2, 2, 1))
    backend.max_pool2d_backward(dx, dy, index, (2, 2), (2, 2), (1, 1))
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), [1, 2, 0, 3, 4, 0, 0, 0, 0])
    backend.average_pool2d_forward(y, x, (2, 2), (2, 2), (1, 1))
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [-1.0, -2.5, -5.5, -7.0])
    backend.average_pool2d_backward(dx, dy, (2, 2), (2, 2), (1, 1))
    expected = [1.0, 1.0, 1.0, 1.5, 1.0, 1.0, 1.5, 1.0, 1.0]
    np.testing.assert_array_equal(backend.to_host(dx).ravel(), expected)


def test_batch_norm_by_hand(backend):
    x, gamma, beta = on(backend, [[1.0], [3.0]], [2.0], [5.0])
    running_mean, running_variance = on(backend, [10.0], [4.0])
    y, mean, inverse = (backend.empty(shape) for shape in ((2, 1), (1,), (1,)))
    backend.batch_norm_forward_training(
        y, mean, inverse, running_mean, running_variance, x, gamma, beta, 0.75, 3.0
    )
    assert backend.to_host(mean) == 2.0
    assert backend.to_host(inverse) == 0.5  # variance 1, biased, plus epsilon 3
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [4.0, 6.0])
    assert backend.to_host(running_mean) == 8.0
    assert backend.to_host(running_variance) == 3.25
    running_mean, running_variance = on(backend, [2.0], [13.0])
    backend.batch_norm_forward_inference(y, x, gamma, beta, running_mean, running_variance, 3.0)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [4.5, 5.5])


def test_adam_first_three_steps(backend):
    """Constant gradient: m / sqrt(v) is 1 after bias correction, so each step is the rate."""
    w, g, m, v = on(backend, [1.0, -2.0], [0.5, -0.25], [0.0, 0.0], [0.0, 0.0])
    (finite,) = on(backend, [1.0])
    for step in (1, 2, 3):
        backend.adam_step(w, g, m, v, finite, 0.125, 0.9, 0.99, 0.0, 0.0, step)
        expected = [1.0 - 0.125 * step, -2.0 + 0.125 * step]
        np.testing.assert_allclose(backend.to_host(w), expected, rtol=1e-5)


def test_adam_epsilon_and_decay(backend):
    """Step 1 by hand: decay 1 -> 0.9, then m = 0.05, v = 0.0025, rate = 0.1 sqrt(0.01) / 0.1."""
    w, g, m, v, finite = on(backend, [1.0], [0.5], [0.0], [0.0], [1.0])
    backend.adam_step(w, g, m, v, finite, 0.1, 0.9, 0.99, 0.2, 1.0, 1)
    np.testing.assert_allclose(backend.to_host(w), [0.9 - 0.1 * 0.05 / (0.05 + 0.2)], rtol=1e-6)


@pytest.mark.parametrize(("nesterov", "expected"), [(False, 1.25), (True, 0.875)])
def test_sgd_by_hand(backend, nesterov, expected):
    w, g, velocity, finite = on(backend, [1.0], [2.0], [1.0], [1.0])
    backend.sgd_step(w, g, velocity, finite, 0.125, 0.5, nesterov, 0.0)
    assert backend.to_host(velocity) == 0.25
    assert backend.to_host(w) == expected


def test_gaussian_nll_is_the_normal_log_density(backend):
    mean, log_variance = np.array([[0.3, -1.0], [2.0, 0.5]]), np.array([[-1.0, 0.5], [1.5, 0.0]])
    truth, weights = np.array([[0.0, 1.0], [2.5, 0.5]]), np.array([1.0, 3.0])
    density = normal_distribution.logpdf(truth, mean, np.exp(0.5 * log_variance))
    prediction, target, weight = on(backend, np.hstack([mean, log_variance]), truth, weights)
    loss, gradient = backend.empty((2,)), backend.empty((2, 4))
    backend.gaussian_nll(loss, gradient, prediction, target, weight)
    np.testing.assert_allclose(backend.to_host(loss), -density.sum(axis=1), rtol=1e-6)
    share = weights / 4.0
    by_mean = share[:, None] * (mean - truth) * np.exp(-log_variance)
    np.testing.assert_allclose(backend.to_host(gradient)[:, :2], by_mean, rtol=1e-6)


def test_binary_crossentropy_by_hand(backend):
    prediction, target, weight = on(
        backend, [[0.0], [80.0], [-80.0]], [[1.0], [1.0], [1.0]], [1] * 3
    )
    loss, gradient = backend.empty((3,)), backend.empty((3, 1))
    backend.binary_crossentropy_from_logits(loss, gradient, prediction, target, weight, 0.0)
    np.testing.assert_allclose(backend.to_host(loss), [math.log(2), 0.0, 80.0], atol=1e-6)
    np.testing.assert_allclose(backend.to_host(gradient).ravel(), [-1 / 6, 0, -1 / 3], atol=1e-7)


def test_activations_saturate_without_overflow(backend):
    (x,) = on(backend, [-200.0, 200.0])
    y = backend.empty((2,))
    for kernel, expected in (
        ("sigmoid", [0.0, 1.0]),
        ("softplus", [0.0, 200.0]),
        ("silu", [0.0, 200.0]),
        ("tanh", [-1.0, 1.0]),
    ):
        getattr(backend, f"{kernel}_forward")(y, x)
        np.testing.assert_allclose(backend.to_host(y), expected, atol=1e-30)


def test_dropout_mask(backend):
    x, y, again = (
        backend.to_device(np.ones(40000)),
        backend.empty((40000,)),
        backend.empty((40000,)),
    )
    backend.dropout_forward(y, x, 0.25, 3, 9)
    first = backend.to_host(y)
    kept = first > 0.0
    np.testing.assert_allclose(first[kept], 4.0 / 3.0, rtol=1e-6)
    assert abs(kept.mean() - 0.75) < 4.0 * math.sqrt(0.75 * 0.25 / kept.size)
    assert abs(np.mean(kept[1:] & kept[:-1]) - 0.75**2) < 0.01  # neighbours are independent
    backend.dropout_backward(again, x, 0.25, 3, 9)
    np.testing.assert_array_equal(backend.to_host(again), first)
    for seed, step in ((4, 9), (3, 10), (9, 3)):
        backend.dropout_forward(again, x, 0.25, seed, step)
        agreement = np.mean((backend.to_host(again) > 0.0) == kept)
        assert abs(agreement - (0.75**2 + 0.25**2)) < 0.02


def test_dropout_bits_are_splitmix64():
    """The published generator, seeded with 0, begins with these numbers."""
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    bits = dropout_bits(np.uint64(0), np.arange(3, dtype=np.uint64))
    assert bits.tolist() == [word >> 40 for word in published]
    assert random_key(0, 0) != random_key(0, 1) != random_key(1, 0)
    assert dropout_threshold(0.5) == 1 << 23


def test_reductions(backend):
    out, (x,) = backend.empty((1,)), on(backend, np.full((3, 7000), 0.5))
    backend.sum_of_squares(out, x)
    assert backend.to_host(out) == 5250.0
    for start in (0.0, 1.0):
        (finite,) = on(backend, [start])
        backend.keep_finite(finite, x)
        assert backend.to_host(finite) == start
    for bad in (np.nan, np.inf, -np.inf):
        values = np.zeros(40000)
        values[39999] = bad
        (finite,) = on(backend, [1.0])
        backend.keep_finite(finite, *on(backend, values))
        assert backend.to_host(finite) == 0.0
