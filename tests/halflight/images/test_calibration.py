import numpy as np
import pytest
from astropy.io import fits

from halflight.images.calibration import calibrate
from halflight.images.errors import ImageError
from halflight.images.options import Options


def calibrated(scale=0.4, options=None, primary=None, **cards):
    notes = []
    header, first = fits.Header(cards), fits.Header(primary or {})
    return calibrate(header, first, options or Options(), scale, notes), notes


@pytest.mark.parametrize(
    ("text", "unit", "factor"),
    [
        *[(text, "nanomaggy", 1) for text in ("nanomaggy", "nanomaggies", "nmgy")],
        *[(text, "count", 1) for text in ("ADU", "DN", "DNs", "counts", "Counts / pix")],
        *[(text, "count/s", 1) for text in ("counts/s", "adu s-1", "DN/SEC", "cps", "count s**-1")],
        *[(text, "electron", 1) for text in ("e-", "ELECTRONS", "electron")],
        *[(text, "electron/s", 1) for text in ("ELECTRONS/S", "electron / s", "e-/s", "e/sec")],
        *[("uJy", "microjansky", 1), ("nJy", "microjansky", 1e-3), ("Jy", "microjansky", 1e6)],
        *[("mJy", "microjansky", 1e3), ("MJy", "microjansky", 1e12)],
    ],
)
def test_units_are_read_as_cameras_write_them(text, unit, factor):
    found, _ = calibrated(BUNIT=text)
    assert (found.unit, found.factor) == (unit, factor)


def test_a_surface_brightness_becomes_the_flux_of_a_pixel():
    """JWST's zero point for 0.04 arcsec: -6.10 - 2.5 lg(PIXAR_SR) = 27.462 (JWST documentation)."""
    found, _ = calibrated(scale=0.04, BUNIT="MJy/sr")
    assert found.unit == "microjansky"
    assert found.zero_point - 2.5 * np.log10(found.factor) == pytest.approx(27.462, abs=1e-3)
    with pytest.raises(ImageError, match="--pixel-scale"):
        calibrated(scale=None, BUNIT="MJy/sr")


def test_a_unit_that_is_not_understood_asks_for_its_option():
    for text in ("furlong", "ADU/fortnight", "Jy/beam", "nanomaggy/s"):
        with pytest.raises(ImageError, match="--unit"):
            calibrated(BUNIT=text)


def test_zero_points_of_each_header():
    hubble = {"PHOTFLAM": 3.0386574e-20, "PHOTPLAM": 10551.047}
    assert calibrated(BUNIT="ELECTRONS/S", **hubble)[0].zero_point == pytest.approx(
        26.2688, abs=1e-4
    )
    counts, _ = calibrated(BUNIT="counts", EXPTIME=100.0, **hubble)
    assert counts.zero_point == pytest.approx(26.2688 + 5, abs=1e-4)
    assert calibrated(FLUXMAG0=10**10.8)[0].zero_point == pytest.approx(27)
    assert calibrated(primary={"FLUXMAG0": 10**10.8})[0].zero_point == pytest.approx(27)
    assert calibrated(FLUX20=1981.78, BUNIT="DNs")[0].zero_point == pytest.approx(28.2426, abs=1e-4)
    assert calibrated(BUNIT="nmgy", MAGZERO=30.0)[0].zero_point == 22.5


def test_a_zero_point_of_no_certain_meaning_is_doubtful_or_none():
    rate, notes = calibrated(BUNIT="counts/s", MAGZERO=25.5)
    assert (rate.zero_point, rate.doubtful) == (25.5, True)
    assert any("MAGZERO" in note for note in notes)
    ambiguous, notes = calibrated(BUNIT="counts", MAGZPT=25.5, EXPTIME=100.0)
    assert ambiguous.zero_point is None
    assert any("--zero-point" in note for note in notes)
    differing, _ = calibrated(BUNIT="counts/s", MAGZERO=25.5, PHOTZP=20.0)
    assert differing.zero_point is None
    unknown, notes = calibrated(PHOTFLAM=2.5e-18, PHOTPLAM=7996.0, EXPTIME=200.0)
    assert unknown.zero_point is None
    assert any("--unit" in note for note in notes)


def test_two_units_in_one_file_give_no_zero_point():
    found, notes = calibrated(BUNIT="ADU", MAGZERO=20.5, primary={"BUNIT": "counts/s"})
    assert (found.unit, found.zero_point) == ("count", None)
    assert any("counts/s" in note for note in notes)


def test_options_come_before_the_header():
    options = Options(unit="MJy/sr", zero_point=27.0, gain=3.0)
    found, _ = calibrated(options=options, BUNIT="ADU", GAIN=1.0)
    # The number given is that of one of the image's own, whatever it is turned into.
    assert found.zero_point - 2.5 * np.log10(found.factor) == pytest.approx(27.0)
    assert found.electrons * found.factor == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("cards", "electrons"),
    [
        ({"BUNIT": "ADU", "GAIN": 2.0}, 2.0),
        ({"BUNIT": "ADU/s", "EGAIN": 2.0, "EXPTIME": "50.0"}, 100.0),
        ({"BUNIT": "electron", "GAIN": 2.0}, 1.0),
        ({"BUNIT": "electron/s", "EXPTIME": 50.0}, 50.0),
        ({"BUNIT": "electron/s"}, None),
        ({"BUNIT": "nanomaggy", "GAIN": 2.0}, None),
    ],
)
def test_electrons_in_a_unit(cards, electrons):
    assert calibrated(**cards)[0].electrons == electrons


@pytest.mark.parametrize(
    "wrong",
    [
        *[{"pixel_scale": value} for value in (0.0, -1.0, np.nan, np.inf)],
        *[{"gain": 0.0}, {"zero_point": np.nan}, {"read_noise": -1.0}, {"first_pixel": 2}],
        *[{"background": "some"}, {"columns": {"radius": "r"}}, {"psf_size": 10}],
        *[{"rms": "a", "weight": "b"}, {"positions": "moon"}, {"least_area": 0}],
    ],
)
def test_an_impossible_option_is_refused_by_its_name(wrong):
    with pytest.raises(ImageError, match=rf"--{next(iter(wrong)).replace('_', '-')}"):
        Options(**wrong)
