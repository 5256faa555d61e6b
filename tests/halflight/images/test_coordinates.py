import numpy as np
import pytest
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.images.coordinates import (
    centre_scale,
    orientation_of,
    read_sky_map,
    scale_of,
)
from halflight.images.errors import ImageError
from tests.halflight.images.conftest import tangent

SHAPE = (200, 300)
MIDDLE = np.array([149.5]), np.array([99.5])


@settings(deadline=None, max_examples=40)
@given(st.floats(0.02, 5), st.floats(0, 360), st.sampled_from([1, -1]), st.floats(-85, 85))
def test_scale_parity_and_position_angles_of_any_orientation(scale, angle, parity, dec):
    """An axis drawn on the sky at a known angle is found at it, wherever the camera was turned."""
    sky = read_sky_map(tangent(scale, SHAPE, angle, parity, (150.0, dec)))
    jacobian = sky.jacobian(*MIDDLE)
    assert scale_of(jacobian)[0] == pytest.approx(scale, rel=1e-4)
    rotation, found = orientation_of(jacobian)
    assert found[0] == parity
    start = SkyCoord(*sky.sky(*MIDDLE)[0], unit="deg")
    for wanted in (0.0, 30.0, 110.0):
        end = start.directional_offset_by(Angle(wanted, "deg"), Angle(scale, "arcsec"))
        [[x, y]] = sky.pixels(np.array([end.ra.deg]), np.array([end.dec.deg]))
        angle_in_pixels = np.degrees(np.arctan2(y - MIDDLE[1][0], x - MIDDLE[0][0]))
        position_angle = rotation[0] + found[0] * angle_in_pixels
        assert (position_angle - wanted + 180) % 360 - 180 == pytest.approx(0, abs=0.02)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 299), st.floats(0, 199), st.floats(0, 360))
def test_pixels_and_sky_are_each_other_s_inverse(x, y, angle):
    sky = read_sky_map(tangent(angle=angle))
    world = sky.sky(np.array([x]), np.array([y]))
    np.testing.assert_allclose(sky.pixels(*world.T), [[x, y]], atol=1e-6)


def test_a_distortion_counts_even_where_the_kind_forgets_it():
    cards = tangent()
    plain = read_sky_map(cards)
    for name in ("A", "B"):
        cards[f"{name}_ORDER"] = 2
    cards["A_2_0"], cards["B_0_2"] = 1e-4, 1e-4
    distorted = read_sky_map(cards)
    corner = np.array([290.0]), np.array([190.0])
    assert np.abs(distorted.sky(*corner) - plain.sky(*corner)).max() > 1e-5
    np.testing.assert_allclose(distorted.pixels(*distorted.sky(*corner).T), [[290, 190]], atol=1e-3)
    assert scale_of(distorted.jacobian(*corner)) > 1.01 * scale_of(plain.jacobian(*corner))
    named = cards.copy()
    named["CTYPE1"], named["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    np.testing.assert_array_equal(read_sky_map(named).sky(*corner), distorted.sky(*corner))


def test_tpv_and_galactic_maps_lead_to_icrs():
    cards = tangent()
    cards["CTYPE1"], cards["CTYPE2"] = "RA---TPV", "DEC--TPV"
    for axis in (1, 2):
        cards[f"PV{axis}_1"] = 1.01  # the first polynomial stretches by a hundredth
    assert scale_of(read_sky_map(cards).jacobian(*MIDDLE))[0] == pytest.approx(0.404, rel=1e-4)
    cards = tangent(at=(30.0, 1.0))
    cards["CTYPE1"], cards["CTYPE2"] = "GLON-CAR", "GLAT-CAR"
    sky = read_sky_map(cards)
    expected = SkyCoord(30, 1, unit="deg", frame="galactic").icrs
    np.testing.assert_allclose(sky.sky(*MIDDLE)[0], [expected.ra.deg, expected.dec.deg], atol=1e-3)
    np.testing.assert_allclose(sky.pixels(*sky.sky(*MIDDLE).T), np.transpose(MIDDLE), atol=1e-6)


def test_a_place_on_the_other_side_of_the_sky_has_no_pixel():
    cards = tangent()
    for name in ("A", "B"):
        cards[f"{name}_ORDER"] = 2
    cards["A_2_0"] = 1e-4
    for header in (tangent(), cards):
        sky = read_sky_map(header)
        far = np.array([330.0, 150.0, np.nan]), np.array([-2.0, 80.0, 2.0])
        pixels = sky.pixels(*far)
        inside = (np.abs(pixels) < 1000).all(axis=1)
        assert not inside.any()


def test_old_spellings_are_read_as_they_were_meant():
    cards = tangent()
    cards["EQUINOX"], cards["RADECSYS"] = "J2000", "FK5"
    cards["CDELT1"], cards["CDELT2"] = 1.0, 1.0  # beside a CD matrix: none
    assert centre_scale(read_sky_map(cards), SHAPE) == pytest.approx(0.4, rel=1e-5)
    cards["EQUINOX"] = "spring"
    with pytest.raises(ImageError, match="EQUINOX"):
        read_sky_map(cards)


def by_pc(step, matrix):
    cards = fits.Header({k: v for k, v in tangent().items() if not k.startswith("CD")})
    cards["CDELT1"], cards["CDELT2"] = -step, step
    for (i, j), value in np.ndenumerate(np.array(matrix)):
        if value is not None:
            cards[f"PC{i + 1}_{j + 1}"] = value
    return cards


def test_a_matrix_that_lost_two_of_its_four_numbers_is_seen():
    turn = np.radians(50)
    c, s = np.cos(turn), np.sin(turn)
    whole = read_sky_map(by_pc(0.04 / 3600, [[c, -s], [s, c]]))
    assert whole.contradiction == ""
    assert centre_scale(whole, SHAPE) == pytest.approx(0.04, rel=1e-5)
    lost = read_sky_map(by_pc(0.04 / 3600, [[c, None], [None, c]]))
    assert "0.04" in lost.contradiction
    assert "0.0257" in lost.contradiction
    # A matrix may hold the scale where CDELT is 1.
    holding = read_sky_map(by_pc(1.0, [[1e-4, 0.0], [0.0, 1e-4]]))
    assert holding.contradiction == ""


def test_no_sky_is_none_and_a_broken_one_is_refused():
    assert read_sky_map(fits.Header()) is None
    assert read_sky_map(fits.Header({"CTYPE1": "PIXEL", "CTYPE2": "PIXEL", "CDELT1": 1})) is None
    singular, half = tangent(), tangent()
    singular["CD1_1"] = singular["CD1_2"] = singular["CD2_1"] = singular["CD2_2"] = 1e-4
    del half["CTYPE2"]
    for cards in (singular, half):
        with pytest.raises(ImageError, match="world coordinates"):
            read_sky_map(cards)


def test_pixels_that_are_not_square_are_refused():
    cards = tangent()
    cards["CD1_1"] *= 2
    with pytest.raises(ImageError, match="resample"):
        centre_scale(read_sky_map(cards), SHAPE)
