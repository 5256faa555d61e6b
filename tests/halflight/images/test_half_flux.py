"""FLUX_RADIUS by sep, of a Gaussian whose radius is known, with a neighbour and bad pixels."""

import numpy as np
import pytest

from halflight.images.half_flux import half_flux

WIDTH, SIDE = 3.0, 64


def stamp(x=0.3, y=-0.2, flux=4000.0):
    at = np.arange(SIDE) - (SIDE / 2 - 0.5)
    shape = np.exp(-0.5 * ((at - x) ** 2 + (at[:, None] - y) ** 2) / WIDTH**2)
    noise = np.random.default_rng(1).standard_normal((SIDE, SIDE))
    return (flux * shape / shape.sum() + noise).astype(np.float32)


def test_of_a_gaussian_it_is_that_of_half_the_light():
    found = half_flux(stamp(), np.ones((SIDE, SIDE)))
    assert found.radius == pytest.approx(1.1774 * WIDTH, rel=0.05)
    assert found.major == pytest.approx(WIDTH, rel=0.15)
    assert found.minor == pytest.approx(WIDTH, rel=0.15)


def test_a_neighbour_and_bad_pixels_are_left_out():
    image = stamp() + np.roll(stamp(), (20, 20), (0, 1))
    image[2:4, :] = np.nan
    found = half_flux(image, np.ones((SIDE, SIDE)))
    assert found.radius == pytest.approx(1.1774 * WIDTH, rel=0.1)


def test_without_a_source_at_the_centre_there_is_none():
    sigma = np.ones((SIDE, SIDE))
    assert half_flux(stamp(flux=0.0), sigma) is None
    assert half_flux(stamp(x=20.0), sigma) is None
