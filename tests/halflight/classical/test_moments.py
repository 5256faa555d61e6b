"""Moments and growth curves of profiles known in closed form."""

import numpy as np
import pytest

from halflight.classical.moments import coordinates, half_light_aperture, light_moments, psf_size


def gaussian(size, sx, sy, x=0.0, y=0.0):
    offset = coordinates(size, 0.396)
    dx, dy = (offset - x)[None, :], (offset - y)[:, None]
    return np.exp(-0.5 * (dx / sx) ** 2 - 0.5 * (dy / sy) ** 2)


def test_moments_of_a_gaussian():
    moments = light_moments(gaussian(96, 2.0, 1.2, 0.3, -0.5), np.ones((96, 96), bool), 0.396)
    assert (moments.x, moments.y) == pytest.approx((0.3, -0.5), abs=1e-6)
    assert (moments.major, moments.minor) == pytest.approx((2.0, 1.2), rel=1e-4)
    assert moments.position_angle == pytest.approx(0.0, abs=1e-6)


def test_a_gaussian_holds_half_its_light_within_1_1774_sigma():
    image = gaussian(96, 2.0, 2.0, 0.1, 0.2)
    radius = half_light_aperture(image, x=0.1, y=0.2, total=image.sum(), pixel_scale=0.396)
    assert radius == pytest.approx(2.0 * np.sqrt(2 * np.log(2)), rel=5e-3)


def test_no_light_has_no_radius(psf):
    empty = np.zeros((96, 96))
    assert light_moments(empty, empty == 0, 0.396) is None
    assert np.isnan(half_light_aperture(empty, x=0, y=0, total=0.0, pixel_scale=0.396))
    assert np.isnan(half_light_aperture(empty + 1, x=0, y=0, total=1e9, pixel_scale=0.396))
    assert 0.6 < psf_size(psf, 0.396)[0] < 0.9
