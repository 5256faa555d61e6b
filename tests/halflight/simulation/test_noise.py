"""The noise's mean and variance against SDSS's formula: white, reproducible, refused by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from halflight.instrument import Exposure
from halflight.simulation import add_noise


def philox(*key):
    return np.random.Generator(np.random.Philox(key=key))


@settings(max_examples=15, deadline=None)
@given(
    level=st.floats(0.0, 60.0),
    sky=st.floats(50.0, 300.0),
    gain=st.floats(1.5, 6.5),
    dark=st.floats(0.0, 15.0),
)
def test_mean_and_variance(level, sky, gain, dark):
    exposure = Exposure(nmgy_per_count=0.0051, sky=sky, gain=gain, dark_variance=dark)
    image = np.full((200, 200), level, dtype=np.float32)
    noisy = add_noise(image, exposure, philox(1, 2)).astype(np.float64)
    sigma = float(exposure.sigma(image)[0, 0])
    assert noisy.mean() == pytest.approx(level, abs=5 * sigma / 200)
    assert noisy.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * 40000))


def test_noise_is_white_and_normal_under_a_bright_sky():
    exposure = Exposure(nmgy_per_count=0.0051, sky=147.0, gain=4.7, dark_variance=1.3)
    image = np.zeros((300, 300), dtype=np.float32)
    score = add_noise(image, exposure, philox(3, 4)) / exposure.sigma(image)
    for axis in (0, 1):
        assert abs(float((score * np.roll(score, 1, axis)).mean())) < 5 / 300
    assert abs(stats.kurtosis(score, axis=None)) < 0.1
    # The r-band noise of an SDSS frame.
    assert float(exposure.sigma(image)[0, 0]) == pytest.approx(0.0290, abs=5e-4)


def test_reproducible_and_float32():
    exposure = Exposure(nmgy_per_count=0.005, sky=150.0, gain=4.7, dark_variance=1.0)
    image = np.linspace(0, 5, 64, dtype=np.float32).reshape(8, 8)
    first, second = (add_noise(image, exposure, philox(9, 1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
    assert (first != add_noise(image, exposure, philox(9, 2))).any()


def test_a_frame_with_a_calibration_per_column():
    calibration = np.linspace(0.004, 0.006, 400, dtype=np.float32)
    exposure = Exposure(calibration, np.full((500, 400), 130.0), 4.7, 1.0)
    image = np.full((500, 400), 0.5, dtype=np.float32)
    score = (add_noise(image, exposure, philox(1, 1)) - image) / exposure.sigma(image)
    assert score.mean() == pytest.approx(0, abs=5 / np.sqrt(200000))
    np.testing.assert_allclose(score.std(axis=0), 1, atol=0.2)


@pytest.mark.parametrize("level", [-10.0, float("nan"), float("inf")])
def test_negative_light_is_refused(level):
    exposure = Exposure(nmgy_per_count=0.005, sky=150.0, gain=4.7, dark_variance=1.0)
    with pytest.raises(ValueError, match="image plus sky must be finite and not negative"):
        add_noise(np.full((4, 4), level, dtype=np.float32), exposure, philox(1, 1))
