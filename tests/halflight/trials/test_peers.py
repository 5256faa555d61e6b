"""statmorph and photutils on a galaxy that is known; without them, what is missing is said."""

import numpy as np
import pytest

from halflight.trials import peers

SIDE, RADIUS, WIDTH = 96, 6.0, 1.5  # pixels


@pytest.fixture(scope="module")
def galaxy():
    """An exponential disc, face-on, its sigma and a Gaussian PSF."""
    if lacking := peers.missing():
        pytest.skip(f"{' and '.join(lacking)} not installed: pip install '.[compare]'")
    at = np.arange(SIDE) - (SIDE / 2 - 0.5)
    profile = np.exp(-1.678 * np.hypot(at, at[:, None]) / RADIUS)
    frequency = np.fft.fftfreq(SIDE)
    blur = np.exp(-2 * (np.pi * WIDTH) ** 2 * (frequency**2 + frequency[:, None] ** 2))
    light = np.fft.ifft2(np.fft.fft2(profile / profile.sum()) * blur).real
    image = 2e4 * light + np.random.default_rng(1).standard_normal((SIDE, SIDE))
    near = np.arange(25) - 12
    psf = np.exp(-0.5 * (near**2 + near[:, None] ** 2) / WIDTH**2)
    return image.astype(np.float32), np.ones((SIDE, SIDE), np.float32), psf / psf.sum()


def test_statmorph_fits_it_and_sees_its_half_light_ellipse(galaxy):
    fit, ellipse = peers.statmorph_radii(*galaxy)
    assert fit.good
    assert fit.radius == pytest.approx(RADIUS, rel=0.05)
    assert ellipse.radius == pytest.approx(np.hypot(RADIUS, 1.18 * WIDTH), rel=0.15)


def test_photutils_finds_the_circle_of_half_the_flux(galaxy):
    found = peers.photutils_radius(*galaxy[:2])
    assert found.radius == pytest.approx(np.hypot(RADIUS, 1.18 * WIDTH), rel=0.15)
    assert found.major >= found.minor > WIDTH


def test_nothing_is_found_of_nothing(galaxy):
    _, sigma, psf = galaxy
    noise = np.random.default_rng(2).standard_normal(sigma.shape)
    for found in (*peers.statmorph_radii(noise, sigma, psf), peers.photutils_radius(noise, sigma)):
        assert np.isnan(found.radius)
        assert not found.good


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(peers, "PACKAGES", ("numpy", "no_such_program"))
    assert peers.missing() == ["no_such_program"]
