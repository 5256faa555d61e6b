"""Twins: points with an object's own PSF, place, brightness and noise."""

import numpy as np
import pytest

from halflight.instrument import SDSS
from halflight.trials.twins import twins
from tests.bands import PSF_SIDE, SEEING, SIDE, gaussian, sources


@pytest.fixture
def quiet():
    """Table, sigma and PSF of four objects at their stamps' centres, nearly without noise."""
    table, _, sigma, psf = sources(4)
    return table.assign(x=0.0, y=0.0), np.full_like(sigma, 1e-6), psf


def test_a_twin_is_the_psf_times_the_flux_of_its_psf_magnitude(quiet):
    table, sigma, psf = quiet
    image = twins(table, sigma, psf, instrument=SDSS, seed=1)
    flux = 10 ** (0.4 * (22.5 - table["psf_magnitude_g"].to_numpy()))
    np.testing.assert_allclose(image[..., 1].sum(axis=(1, 2)), flux, rtol=2e-3)
    expected = gaussian(SIDE, SEEING) / gaussian(SIDE, SEEING).max()
    np.testing.assert_allclose(image[0, ..., 1] / image[0, ..., 1].max(), expected, atol=0.01)


def test_it_lies_where_the_object_does(quiet):
    table, sigma, psf = quiet
    moved = table.assign(x=1.5 * SDSS.pixel_scale, y=-2.0 * SDSS.pixel_scale)
    image = twins(moved, sigma, psf, instrument=SDSS, seed=1)[0, ..., 2].astype(float)
    steps = np.arange(SIDE) - (SIDE - 1) / 2
    assert image.sum(axis=0) @ steps / image.sum() == pytest.approx(1.5, abs=0.02)
    assert image.sum(axis=1) @ steps / image.sum() == pytest.approx(-2.0, abs=0.02)


def test_a_wider_one_is_wider_by_a_gaussian_and_as_bright(quiet):
    table, sigma, psf = quiet
    narrow, wide = (
        twins(table, sigma, psf, instrument=SDSS, seed=1, wider=w)[..., 2] for w in (0.0, 1.0)
    )
    np.testing.assert_allclose(wide.sum(axis=(1, 2)), narrow.sum(axis=(1, 2)), rtol=0.03)
    ratio = narrow.max() / wide.max()
    assert ratio == pytest.approx((SEEING**2 + 1.0) / SEEING**2, rel=0.05)


def test_noise_is_sigma_s_and_its_own_for_every_object(quiet):
    table, sigma, psf = quiet
    dark = table.assign(**{f"psf_magnitude_{band}": np.nan for band in SDSS.bands})
    sigma = np.full_like(sigma, 0.05)
    sigma[0, 3, 3] = np.inf
    image = twins(dark, sigma, psf, instrument=SDSS, seed=1)
    assert np.isfinite(image).all()
    assert image.std() == pytest.approx(0.05, rel=0.05)
    assert len({row.tobytes() for row in image}) == 4
    again = twins(dark.iloc[[2]], sigma[[2]], psf[[2]], instrument=SDSS, seed=1)
    np.testing.assert_array_equal(again[0], image[2])
    assert psf.shape[1] == PSF_SIDE
