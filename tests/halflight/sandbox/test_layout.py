from types import SimpleNamespace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from halflight.sandbox.layout import FIELD_STEP, Strip, lay_out


def strips(scan_angle_range: tuple[float, float] = (75.0, 105.0)) -> tuple[Strip, ...]:
    layout = {"runs": (752, 3325), "camcols": (1, 6), "first_field": 100, "fields_per_strip": 3}
    layout["band_offsets"] = {"g": (4.4, 13.9)}
    return lay_out(SimpleNamespace(seed=1, scan_angle_range=scan_angle_range, **layout))


def test_field_centres_follow_a_great_circle() -> None:
    for strip in strips():
        start, end = (SkyCoord(*strip.centre(f), unit="deg") for f in (100, 102))
        assert start.separation(end).arcsec == pytest.approx(2 * FIELD_STEP * 0.396, rel=1e-9)
        assert start.position_angle(end).deg == pytest.approx(strip.scan_angle, abs=1e-6)


def test_neighbouring_fields_overlap_by_128_rows() -> None:
    strip = strips()[0]
    ra, dec = strip.wcs(100).all_pix2world(500.0, FIELD_STEP + 40.0, 0)
    column, row = strip.wcs(101).all_world2pix(ra, dec, 0)
    assert (float(column), float(row)) == pytest.approx((500.0, 40.0), abs=0.5)


def test_angles_on_the_sky_are_those_of_the_astrometry() -> None:
    strip = strips(scan_angle_range=(100.0, 100.0))[0]
    angle = 0.7
    step = 10 * np.array([np.cos(angle), np.sin(angle)])
    ra, dec = strip.wcs(101).all_pix2world([1024, 1024 + step[0]], [744, 744 + step[1]], 0)
    start, end = (SkyCoord(r, d, unit="deg") for r, d in zip(ra, dec, strict=True))
    assert start.position_angle(end).deg == pytest.approx(strip.sky_angle(angle), abs=1e-3)


def test_a_scan_due_east_has_sdsss_orientation() -> None:
    header = strips(scan_angle_range=(90.0, 90.0))[0].header(100)
    assert header["CD1_2"] == header["CD2_1"] == 0.396 / 3600
    assert header["CD1_1"] == pytest.approx(0, abs=1e-15)
    assert (header["CRPIX1"], header["CRPIX2"]) == (1025, 745)


def test_strips_have_their_own_sky() -> None:
    centres = SkyCoord([s.centre(101) for s in strips()], unit="deg")
    for k in range(len(centres) - 1):
        assert centres[k].separation(centres[k + 1 :]).deg.min() > 4


def test_the_same_sky_lies_elsewhere_on_the_chip_of_another_band() -> None:
    strip = strips()[0]
    sky = strip.wcs(100).all_pix2world(300.0, 700.0, 0)
    np.testing.assert_allclose(
        strip.wcs(100, "g").all_world2pix(*sky, 0), (304.4, 713.9), atol=0.01
    )
    np.testing.assert_allclose(
        strip.wcs(100, "i").all_world2pix(*sky, 0), (300.0, 700.0), atol=1e-6
    )
