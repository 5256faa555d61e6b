"""Random numbers: their moments, and what they depend on."""

import math

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.cpu.machine.compiler import compiled
from halflight.kernels.randomness import random_key, random_word, standard_normal, uniform_bits
from tests.halflight.kernels.backends import ON_CPU

N = 200_000


@pytest.fixture(params=ON_CPU)
def backend(request):
    return kernels.load(request.param)


def noise(backend, seed=3, step=9):
    y = backend.empty((N,))
    backend.gaussian_noise_forward(y, backend.zeros((N,)), 1.0, seed, step)
    return backend.to_host(y).astype(np.float64)


def test_moments_within_four_standard_errors(backend):
    e = noise(backend)
    assert abs(e.mean()) < 4.0 / math.sqrt(N)
    assert abs(e.var() - 1.0) < 4.0 * math.sqrt(2.0 / N)
    assert abs(np.mean(e**3)) < 4.0 * math.sqrt(15.0 / N)
    assert abs(np.mean(e**4) - 3.0) < 4.0 * math.sqrt(96.0 / N)
    assert abs(np.mean(np.abs(e) > 2.0) - 0.0455) < 4.0 * math.sqrt(0.0455 / N)
    assert abs(np.mean(e[1:] * e[:-1])) < 4.0 / math.sqrt(N)


def test_another_seed_or_step_gives_other_numbers(backend):
    first = noise(backend)
    np.testing.assert_array_equal(noise(backend), first)
    for seed, step in ((4, 9), (3, 10), (9, 3)):
        assert abs(np.mean(first * noise(backend, seed, step))) < 4.0 / math.sqrt(N)


def test_noise_scales_and_repeats(backend):
    e = noise(backend)
    ones, y = backend.to_device(np.ones(N)), backend.empty((N,))
    backend.gaussian_noise_forward(y, ones, 0.5, 3, 9)
    np.testing.assert_allclose(backend.to_host(y), 1.0 + 0.5 * e, atol=1e-6)
    for way in ("forward", "backward"):  # rate 0.2: deviation sqrt(0.2 / 0.8) = 0.5
        getattr(backend, f"gaussian_dropout_{way}")(y, ones, 0.2, 3, 9)
        np.testing.assert_allclose(backend.to_host(y), 1.0 + 0.5 * e, atol=1e-6)
    log_variance = backend.to_device(np.full(N, math.log(0.25)))
    backend.sampling_forward(y, ones, log_variance, 3, 9)
    np.testing.assert_allclose(backend.to_host(y), 1.0 + 0.5 * e, atol=1e-6)
    backend.sampling_backward(y, ones, log_variance, 3, 9)
    np.testing.assert_allclose(backend.to_host(y), 0.25 * e, atol=1e-6)
    with pytest.raises(ValueError, match=r"stddev is -1.0, expected at least 0"):
        backend.gaussian_noise_forward(y, ones, -1.0, 3, 9)


def test_spatial_dropout_keeps_or_drops_whole_channels(backend):
    x, y = backend.to_device(np.ones((50, 6, 40))), backend.empty((50, 6, 40))
    backend.spatial_dropout_forward(y, x, 0.25, 3, 9)
    mask = backend.to_host(y)
    assert np.all(mask == mask[:, :1])
    kept = mask[:, 0] > 0.0
    np.testing.assert_allclose(mask[:, 0][kept], 4.0 / 3.0, rtol=1e-6)
    assert abs(kept.mean() - 0.75) < 4.0 * math.sqrt(0.75 * 0.25 / kept.size)
    backend.spatial_dropout_backward(y, x, 0.25, 3, 9)
    np.testing.assert_array_equal(backend.to_host(y), mask)


def test_channels_are_lost_whole_in_a_share_of_the_samples_and_nothing_is_scaled(backend):
    x, y = backend.to_device(np.ones((400, 3, 20))), backend.empty((400, 3, 20))
    backend.random_channels_forward(y, x, 0.4, 0.5, 3, 9)
    mask = backend.to_host(y)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert np.all(mask == mask[:, :1])
    kept = mask[:, 0] > 0.0
    touched = ~kept.all(axis=1)  # by 20 channels nothing is lost once in a million
    assert abs(touched.mean() - 0.4) < 4.0 * math.sqrt(0.24 / 400)
    share = kept[touched].mean()
    assert abs(share - 0.5) < 4.0 * math.sqrt(0.25 / kept[touched].size)
    backend.random_channels_backward(y, x, 0.4, 0.5, 3, 9)
    np.testing.assert_array_equal(backend.to_host(y), mask)


def test_the_largest_normal_number_is_finite():
    """The word of all zeros has u = 2^-24, v = 0; that of all ones u = 1, whose logarithm is 0."""
    normal = compiled(entry=True)(standard_normal)
    assert normal(np.uint64(0)) == pytest.approx(math.sqrt(48.0 * math.log(2.0)), rel=1e-6)
    assert normal(np.uint64(2**64 - 1)) == 0.0
    words = random_word(random_key(0, 0), np.arange(5, dtype=np.uint64))
    first, second = uniform_bits(words)
    assert all(1 <= u <= 2**24 and v < 2**24 for u, v in zip(first, second, strict=True))
