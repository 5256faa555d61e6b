"""Instruments told apart, SDSS's camera tables as published, and the noise of a pixel."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.instrument import (
    BANDS,
    SDSS,
    Exposure,
    Instrument,
    dark_variance,
    flux_of,
    flux_of_luptitude,
    gain,
    luptitude_of,
    magnitude_of,
)

HSC = Instrument("HSC", 0.168, ("g", "r", "i"), unit="electron", zero_point=27.0)


def test_run_94_camcol_1_r():
    assert gain("r", 1, 94) == 4.71
    assert dark_variance("r", 1, 94) == 1.8225


@pytest.mark.parametrize(
    ("band", "camcol", "run", "expected"),
    [
        ("u", 1, 94, 1.62),
        ("u", 2, 1099, 1.595),
        ("u", 2, 1100, 1.825),
        ("g", 4, 3000, 3.995),
        ("i", 2, 3000, 6.565),
        ("z", 5, 3000, 3.48),
        ("r", 6, 94, 4.895),
    ],
)
def test_gain(band, camcol, run, expected):
    assert gain(band, camcol, run) == expected


@pytest.mark.parametrize(
    ("band", "camcol", "run", "expected"),
    [
        ("g", 1, 94, 15.6025),
        ("i", 2, 1499, 5.76),
        ("i", 2, 1500, 6.25),
        ("i", 4, 94, 6.25),
        ("i", 4, 3000, 7.5625),
        ("z", 4, 94, 9.61),
        ("z", 4, 3000, 12.6025),
        ("z", 5, 94, 1.8225),
        ("z", 5, 3000, 2.1025),
        ("u", 6, 3000, 7.0225),
    ],
)
def test_dark_variance(band, camcol, run, expected):
    assert dark_variance(band, camcol, run) == expected


def test_every_ccd_has_values():
    for band in BANDS:
        for camcol in range(1, 7):
            for run in (94, 1200, 8162):
                assert 1.4 < gain(band, camcol, run) < 6.6
                assert 0.8 < dark_variance(band, camcol, run) < 15.7


def test_unknown_ccd_is_named():
    with pytest.raises(ValueError, match="band must be one of u, g, r, i, z, got 'y'"):
        gain("y", 1, 94)
    with pytest.raises(ValueError, match=r"camcol must be within 1\.\.6, got 7"):
        dark_variance("r", 7, 94)


def test_sigma_by_hand():
    exposure = Exposure(nmgy_per_count=0.005, sky=150.0, gain=4.71, dark_variance=1.8225)
    image = np.array([[0.0, 1.0], [-0.75, -5.0]], dtype=np.float32)
    expected = 0.005 * np.sqrt(np.array([[150, 350], [0, 0]]) / 4.71 + 1.8225)
    sigma = exposure.sigma(image)
    assert sigma.dtype == np.float32
    np.testing.assert_allclose(sigma, expected, rtol=1e-5)


def test_sigma_of_a_frame_broadcasts():
    calibration = np.array([0.004, 0.005, 0.006], dtype=np.float32)
    sky = np.full((2, 3), 120.0, dtype=np.float32)
    whole = Exposure(calibration, sky, 4.6, 1.0).sigma(np.ones((2, 3), dtype=np.float32))
    for column, value in enumerate(calibration):
        one = Exposure(float(value), 120.0, 4.6, 1.0).sigma(np.ones((2, 1), dtype=np.float32))
        np.testing.assert_allclose(whole[:, [column]], one, rtol=1e-6)


@pytest.mark.parametrize(
    "field", [{"nmgy_per_count": 0.0}, {"gain": -1.0}, {"sky": -1.0}, {"dark_variance": -0.1}]
)
def test_impossible_exposure(field):
    good = {"nmgy_per_count": 0.005, "sky": 150.0, "gain": 4.7, "dark_variance": 1.0}
    with pytest.raises(ValueError, match=next(iter(field))):
        Exposure(**good | field)


@pytest.mark.parametrize("instrument", [SDSS, HSC], ids=lambda instrument: instrument.name)
def test_an_instrument_survives_a_file(instrument):
    again = Instrument.from_dict(json.loads(json.dumps(instrument.to_dict())))
    assert again == instrument
    assert not instrument.difference(again)


def test_an_instrument_is_told_from_another_by_what_changes_its_pixels():
    assert SDSS.difference(replace(SDSS, name="another camera")) == ""
    assert HSC.difference(replace(HSC, pixel_scale=0.2)) == "pixel_scale 0.2 instead of 0.168"
    every = SDSS.difference(replace(HSC, psf="optical"))
    words = ("pixel_scale", "bands", "unit", "zero_point", "psf")
    assert [every.index(word) for word in words] == sorted(every.index(word) for word in words)
    assert SDSS.with_bands("gr").difference(SDSS.with_bands("rg")).startswith("bands ")


def test_bands_are_chosen_in_the_order_asked_for():
    assert SDSS.with_bands(["r", "g"]).bands == ("r", "g")
    assert SDSS.with_bands("r").pixel_scale == SDSS.pixel_scale
    with pytest.raises(ValueError, match=r"SDSS has the bands u, g, r, i, z, not \['y'\]"):
        SDSS.with_bands("ry")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pixel_scale": 0.0}, "pixel_scale must be above 0 arcsec"),
        ({"pixel_scale": np.nan}, "pixel_scale must be above 0 arcsec"),
        ({"zero_point": np.inf}, "zero_point must be finite"),
        ({"bands": ()}, "bands must be one or more, each once"),
        ({"bands": ("r", "r")}, "bands must be one or more, each once"),
    ],
)
def test_what_cannot_be_an_instrument_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SDSS, **change)


@pytest.mark.parametrize("values", [[], {}, None, HSC.to_dict() | {"gain": 1.0}])
def test_a_description_with_other_keys_is_refused(values):
    with pytest.raises(ValueError, match="an instrument has the keys"):
        Instrument.from_dict(values)


def test_a_flux_of_one_nanomaggy_is_of_magnitude_22_5():
    assert flux_of(22.5) == 1.0
    assert flux_of(20.0) == pytest.approx(10.0)
    np.testing.assert_allclose(magnitude_of(np.array([1.0, 100.0])), [22.5, 17.5])


@given(st.floats(0, 40))
def test_a_magnitude_comes_back_from_its_flux(magnitude):
    assert magnitude_of(flux_of(magnitude)) == pytest.approx(magnitude, abs=1e-12)


@given(st.floats(-5, 1e5), st.sampled_from("ugriz"))
def test_asinh_magnitudes_have_an_inverse_and_are_pogsons_for_bright_ones(flux, band):
    magnitude = luptitude_of(flux, band)
    assert flux_of_luptitude(magnitude, band) == pytest.approx(flux, abs=1e-6, rel=1e-9)
    if flux > 100:
        assert magnitude == pytest.approx(magnitude_of(flux), abs=2e-4)


def test_no_flux_has_the_published_asinh_magnitude():
    """The zero-flux magnitudes that SDSS lists for u, g, r, i and z."""
    zero = [round(float(luptitude_of(0.0, band)), 2) for band in "ugriz"]
    assert zero == [24.63, 25.11, 24.8, 24.36, 22.83]
