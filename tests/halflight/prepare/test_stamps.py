"""Crop, clean, scale and orient: each on hand values and on any input."""

import numpy as np
import pytest
from halflight.prepare.scale import Scaling
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from halflight.prepare import ORIENTATIONS, centre_crop, clean_stamps, fit_scaling, orient


def test_a_crop_keeps_the_centre_and_refuses_to_move_it():
    image = np.arange(49).reshape(1, 7, 7)
    assert centre_crop(image, 3).tolist() == [[[16, 17, 18], [23, 24, 25], [30, 31, 32]]]
    with pytest.raises(ValueError, match="odd"):
        centre_crop(image, 4)
    with pytest.raises(ValueError, match="cannot be cropped to 9"):
        centre_crop(image, 9)


def test_big_endian_pixels_become_native_and_bad_ones_sky():
    image = np.array([[[1.0, np.nan], [np.inf, 4.0]]], dtype=">f4")
    sigma = np.array([[[1.0, 1.0], [1.0, 0.0]]], dtype=">f4")
    clean, bad = clean_stamps(image, sigma)
    assert clean.dtype == np.dtype(np.float32)
    assert clean.tolist() == [[[1.0, 0.0], [0.0, 0.0]]]
    assert bad.tolist() == [0.75]
    with pytest.raises(ValueError, match="share one shape"):
        clean_stamps(image, sigma[:, :1])


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, (3, 8, 8), elements=st.floats(-10, 1000, width=32)))
def test_scaling_keeps_the_flux(pixels):
    scaling = Scaling(softening=0.03, mean=0.4, deviation=1.3)
    back = scaling.invert(scaling.apply(pixels))
    np.testing.assert_allclose(back, pixels, rtol=2e-5, atol=2e-6)


def test_scaled_training_pixels_have_mean_zero_and_deviation_one():
    pixels = np.random.default_rng(0).gamma(0.3, 2.0, (50, 16, 16)).astype(np.float32)
    scaled = fit_scaling(pixels, softening=0.03).apply(pixels)
    assert scaled.dtype == np.float32
    assert abs(scaled.mean()) < 1e-5
    assert abs(scaled.std() - 1) < 1e-5


def test_a_scaling_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="positive"):
        fit_scaling(np.ones(3), softening=0.0)
    with pytest.raises(ValueError, match="finite"):
        fit_scaling(np.array([1.0, np.nan]), softening=1.0)
    with pytest.raises(ValueError, match="equal"):
        fit_scaling(np.ones(9), softening=1.0)


def test_the_eight_orientations_are_the_symmetries_of_the_square():
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    turned = [orient(image, k) for k in range(ORIENTATIONS)]
    assert len({t.tobytes() for t in map(np.ascontiguousarray, turned)}) == ORIENTATIONS
    ring = np.hypot(*np.mgrid[-1.5:2, -1.5:2])[np.newaxis, ..., np.newaxis]
    for k in range(ORIENTATIONS):
        np.testing.assert_array_equal(orient(ring, k), ring)
    with pytest.raises(ValueError, match="received 8"):
        orient(image, 8)
