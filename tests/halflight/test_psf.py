"""The sizes of a PSF stamp against closed forms, and what is no PSF."""

import numpy as np
import pytest

from halflight.psf import psf_fwhm, psf_half_light_radius


@pytest.mark.parametrize("sigma", [1.2, 1.8, 3.0])
def test_half_light_radius_of_a_gaussian(sigma):
    yy, xx = np.mgrid[-25:26, -25:26]
    image = np.exp(-0.5 * (xx**2 + yy**2) / sigma**2)
    expected = sigma * np.sqrt(2 * np.log(2))
    assert psf_half_light_radius(image, 1.0) == pytest.approx(expected, rel=1e-3)
    assert psf_half_light_radius(3 * image, 0.396) == pytest.approx(0.396 * expected, rel=1e-3)


def test_half_light_radius_of_no_psf():
    with pytest.raises(ValueError, match="no half-light radius inside it"):
        psf_half_light_radius(np.pad(np.zeros((49, 49)), 1, constant_values=1.0), 0.396)


@pytest.mark.parametrize("sigma", [1.2, 1.8, 3.0])
def test_fwhm_of_a_gaussian(sigma):
    yy, xx = np.mgrid[-25:26, -25:26]
    image = np.exp(-0.5 * (xx**2 + yy**2) / sigma**2)
    expected = 2 * sigma * np.sqrt(2 * np.log(2))
    assert psf_fwhm(image, 0.396) == pytest.approx(0.396 * expected, rel=1e-3)


@pytest.mark.parametrize("image", [np.zeros((9, 9)), np.ones((8, 8)), np.full((9, 9), np.nan)])
def test_what_is_no_psf_is_refused(image):
    for size in (psf_half_light_radius, psf_fwhm):
        with pytest.raises(ValueError, match="a PSF stamp"):
            size(image, 0.396)
