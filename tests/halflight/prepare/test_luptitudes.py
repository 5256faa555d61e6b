"""Luptitudes: the published formula, dust, and bands that are not there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.instrument import SDSS
from halflight.prepare import Luptitudes, extinction_of, preparation_from, read_preparation

BANDS = SDSS.bands
SOFTENING = {"u": 1.4e-10, "g": 0.9e-10, "r": 1.2e-10, "i": 1.8e-10, "z": 7.4e-10}
PREPARATION = Luptitudes(4, 3, SOFTENING, 0.001, 0.1)


def stamps(count=2, seed=0, side=6):
    rng = np.random.default_rng(seed)
    image = rng.normal(0.0, 1.0, (count, side, side, 5)).astype(np.float32)
    psf = np.full((count, 5, 5, 5), 1 / 25, np.float32)
    return image, np.full_like(image, 0.1), psf


def apply(*arrays, dust=None, instrument=SDSS):
    return PREPARATION.apply(*arrays, instrument=instrument, extinction=dust)


def luptitude(flux, b):
    """Lupton, Gunn & Szalay 1999, of a flux in maggies."""
    return -2.5 / np.log(10) * (np.arcsinh(flux / (2 * b)) + np.log(b))


def test_pixels_are_the_sky_s_luptitude_less_their_own():
    image, sigma, psf = stamps()
    ready = apply(image, sigma, psf)
    for k, band in enumerate(BANDS):
        b = SOFTENING[band]
        flux = image[:, 1:5, 1:5, k] * 1e-9
        expected = luptitude(0.0, b) - luptitude(flux, b)
        np.testing.assert_allclose(ready.image[..., k], expected, rtol=2e-5, atol=1e-6)
    assert ready.image.dtype == np.float32
    assert not ready.missing.any()


def test_a_bright_pixel_is_as_many_magnitudes_brighter_as_pogson_says():
    image, sigma, psf = stamps(1)
    image[:, 2, 2], image[:, 3, 3] = 1e4, 1e6
    ready = apply(image, sigma, psf)
    np.testing.assert_allclose(ready.image[0, 2, 2] - ready.image[0, 1, 1], 5.0, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 2.0), st.floats(20.0, 30.0))
def test_dust_and_zero_point_are_factors_of_the_flux(dust, zero_point):
    image, sigma, psf = stamps(1)
    camera = SDSS.__class__("another", 0.396, BANDS, zero_point=zero_point)
    scaled = (image * 10 ** (0.4 * (zero_point - 22.5 - dust))).astype(np.float32)
    corrected = apply(scaled, sigma, psf, dust=np.full((1, 5), dust), instrument=camera)
    np.testing.assert_allclose(
        corrected.image, apply(image, sigma, psf).image, rtol=1e-4, atol=1e-5
    )
    unknown = apply(image, sigma, psf, dust=np.full((1, 5), np.nan))
    np.testing.assert_array_equal(unknown.image, apply(image, sigma, psf).image)


@pytest.mark.parametrize("how", ["image", "sigma", "psf", "no light"])
def test_a_missing_band_is_sky_without_a_psf_and_changes_no_other(how):
    image, sigma, psf = stamps()
    whole = apply(image, sigma, psf)
    match how:
        case "image":
            image[1, ..., 3] = np.nan
        case "sigma":
            sigma[1, ..., 3] = np.inf
        case "psf":
            psf[1, 0, 0, 3] = np.nan
        case "no light":
            psf[1, ..., 3] = 0.0
    ready = apply(image, sigma, psf)
    assert ready.missing.tolist() == [[False] * 5, [False, False, False, True, False]]
    assert not ready.image[1, ..., 3].any()
    assert not ready.psf[1, ..., 3].any()
    assert ready.bad_fraction.tolist() == [0.0, 0.0]
    others = [0, 1, 2, 4]
    np.testing.assert_array_equal(ready.image[..., others], whole.image[..., others])
    np.testing.assert_array_equal(ready.psf[..., others], whole.psf[..., others])


def test_bad_pixels_count_in_the_bands_that_are_there_and_nothing_at_all_is_all_bad():
    image, sigma, psf = stamps()
    image[0, ..., 0] = np.nan
    image[0, 0, :3, 2] = np.nan
    image[1] = np.nan
    ready = apply(image, sigma, psf)
    assert ready.bad_fraction.tolist() == pytest.approx([3 / 36, 1.0])
    assert np.isfinite(ready.image).all()
    assert ready.missing[1].all()


def test_what_cannot_be_prepared_is_told():
    with pytest.raises(ValueError, match="luptitudes are those of the bands u, g, r, i, z"):
        PREPARATION.apply(*stamps())
    stranger = SDSS.__class__("another", 0.4, ("u", "g", "r", "i", "y"))
    with pytest.raises(ValueError, match="received stamps of y"):
        apply(*stamps(), instrument=stranger)
    for wrong in ({}, {"u": -1.0}, {"u": "b"}):
        with pytest.raises(ValueError, match="image_softening"):
            Luptitudes(4, 3, wrong, 0.001, 0.1)


def test_it_is_told_from_the_other_preparation_by_its_softenings(tmp_path):
    from halflight import files

    path = tmp_path / "preparation.json"
    files.write_json(path, PREPARATION.to_dict())
    assert read_preparation(path) == PREPARATION
    one = PREPARATION.to_dict() | {"image_softening": 1.0}
    assert not preparation_from(one).by_band
    files.write_json(path, {"stamp_size": 4})
    with pytest.raises(ValueError, match=r"preparation.json: .*run `dvc repro`"):
        read_preparation(path)


def test_extinction_is_a_table_s_by_band_and_nan_where_it_has_none():
    table = pd.DataFrame({"extinction_r": [0.1, 0.2], "extinction_u": [0.3, np.nan]})
    found = extinction_of(table, ("u", "r", "z"))
    np.testing.assert_array_equal(found, [[0.3, 0.1, np.nan], [np.nan, 0.2, np.nan]])
