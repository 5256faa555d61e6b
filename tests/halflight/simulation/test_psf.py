"""PSF stamps: unit sum, centre, SDSS's effective width, and the sizes read back from a stamp."""

import math

import galsim
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.psf import psf_fwhm, psf_half_light_radius
from halflight.simulation import Psf, psf_profile, render_psf
from halflight.simulation.psf import psf_extent

KINDS = [
    Psf("double_gaussian", 1.32, 0.03, -0.02),
    Psf("double_gaussian", 1.0, sigma_ratio=2.4, wing_ratio=0.2),
    Psf("double_gaussian", 1.32, wing_ratio=0.0),
    Psf("moffat", 1.32, 0.03, -0.02, beta=2.5),
    Psf("moffat", 1.6, beta=4.5),
    Psf("moffat", 1.1, beta=3.3),
]

psfs = st.builds(
    Psf,
    kind=st.sampled_from(["double_gaussian", "moffat"]),
    width=st.floats(0.9, 1.9),
    e1=st.floats(-0.1, 0.1),
    e2=st.floats(-0.1, 0.1),
    sigma_ratio=st.floats(1.6, 2.6),
    wing_ratio=st.floats(0.0, 0.25),
    beta=st.sampled_from([2.5, 3.5, 4.5]),
)


@settings(max_examples=25, deadline=None)
@given(psf=psfs, size=st.sampled_from([25, 51]))
def test_stamp_is_normalised_and_centred(psf, size):
    stamp = render_psf(psf, size)
    assert stamp.shape == (size, size)
    assert stamp.dtype == np.float32
    assert stamp.flags.c_contiguous
    assert float(stamp.sum(dtype=np.float64)) == pytest.approx(1, abs=1e-6)
    middle = size // 2
    assert np.unravel_index(stamp.argmax(), stamp.shape) == (middle, middle)
    offset = np.arange(size) - middle
    for axis in (0, 1):
        assert float((stamp.sum(axis=axis) * offset).sum()) == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(stamp, stamp[::-1, ::-1], atol=2e-7)


@pytest.mark.parametrize("psf", KINDS)
def test_width_is_the_effective_width(psf):
    """The FWHM of the Gaussian of the same 1 / integral(PSF^2), from a fine image."""
    scale = 0.05
    image = psf_profile(psf).drawImage(nx=1200, ny=1200, scale=scale, method="no_pixel").array
    image = image.astype(np.float64) / image.sum(dtype=np.float64)
    noise_area = scale**2 / (image**2).sum()
    assert math.sqrt(8 * math.log(2) * noise_area / (4 * math.pi)) == pytest.approx(
        psf.width, rel=3e-3
    )


def test_effective_width_of_a_double_gaussian_exceeds_its_fwhm():
    """SDSS: psfWidth is 1.19 times the half-maximum FWHM."""
    psf = Psf("double_gaussian", 1.32)
    image = psf_profile(psf).drawImage(nx=301, ny=301, scale=0.05, method="no_pixel").array
    assert psf.width / psf_fwhm(image, 0.05) == pytest.approx(1.19, abs=0.01)


def test_ellipticity_runs_from_columns_to_rows():
    stamp = render_psf(Psf("moffat", 1.3, e1=0.1, e2=0.0, beta=4.5), 51).astype(np.float64)
    offset = np.arange(51) - 25
    wide = (stamp.sum(axis=0) * offset**2).sum()
    high = (stamp.sum(axis=1) * offset**2).sum()
    assert wide > high
    diagonal = render_psf(Psf("moffat", 1.3, e1=0.0, e2=0.1, beta=4.5), 51)
    assert (diagonal * offset[None, :] * offset[:, None]).sum() > 0


@settings(max_examples=20, deadline=None)
@given(sigma=st.floats(1.0, 3.5))
def test_sizes_of_a_gaussian_by_hand(sigma):
    radius_squared = np.add.outer((np.arange(51) - 25) ** 2, (np.arange(51) - 25) ** 2)
    stamp = np.exp(-0.5 * radius_squared / sigma**2)
    assert psf_half_light_radius(stamp, 0.396) == pytest.approx(
        0.396 * sigma * math.sqrt(2 * math.log(2)), rel=1e-3
    )
    assert psf_fwhm(stamp, 0.396) == pytest.approx(
        0.396 * sigma * math.sqrt(8 * math.log(2)), rel=1e-3
    )


@pytest.mark.parametrize("psf", [KINDS[1], KINDS[4]])
def test_sizes_match_galsims_of_a_fine_image(psf):
    with_pixel = galsim.Convolve(psf_profile(psf), galsim.Pixel(0.396))
    fine = with_pixel.drawImage(nx=1500, ny=1500, scale=0.02, method="no_pixel")
    stamp = render_psf(psf, 51)
    assert psf_half_light_radius(stamp, 0.396) == pytest.approx(
        fine.calculateHLR(flux=1.0), rel=0.01
    )
    assert psf_fwhm(stamp, 0.396) == pytest.approx(fine.calculateFWHM(), rel=0.01)


@pytest.mark.parametrize("psf", KINDS)
def test_extent_is_where_a_star_fades(psf):
    for flux, floor in ((10.0, 1e-3), (2000.0, 2e-3)):
        reach = psf_extent(psf, flux, floor)
        assert flux * psf_profile(psf).shear(e1=-psf.e1, e2=-psf.e2).xValue(
            reach, 0
        ) == pytest.approx(floor, rel=0.35)
    assert psf_extent(psf, 1e-6, 1.0) == 0.0


@pytest.mark.parametrize("size", [0, 50, -3])
def test_stamp_needs_an_odd_size(size):
    with pytest.raises(ValueError, match=f"odd size, got {size}"):
        render_psf(KINDS[0], size)


@pytest.mark.parametrize("measure", [psf_half_light_radius, psf_fwhm])
def test_unusable_stamps(measure):
    with pytest.raises(ValueError, match=r"odd size, got shape \(50, 50\)"):
        measure(np.ones((50, 50)), 0.396)
    with pytest.raises(ValueError, match="positive sum, got 0.0"):
        measure(np.zeros((51, 51)), 0.396)
    with pytest.raises(ValueError, match="positive sum, got nan"):
        measure(np.full((51, 51), np.nan), 0.396)


def test_stamps_without_a_size():
    corners = np.zeros((51, 51))
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = 1.0
    with pytest.raises(ValueError, match="51 x 51 pixels has no half-light radius"):
        psf_half_light_radius(corners, 0.396)
    with pytest.raises(ValueError, match="51 x 51 pixels has no FWHM"):
        psf_fwhm(np.ones((51, 51)), 0.396)
