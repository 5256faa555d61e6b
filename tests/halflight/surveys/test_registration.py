"""Registration: another band's pixels at a stamp's places, their noise, and what is missing."""

import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.surveys.errors import CentroidError
from halflight.surveys.frames import Frame
from halflight.surveys.registration import _weights, register

SIDE, SIZE, TOP, LEFT = 120, 24, 40, 50
SCALE = 0.396 / 3600


def wcs(x=0.0, y=0.0, turn=0.0):
    """Astrometry in which the sky lies (x, y) pixels farther along columns and rows."""
    made = WCS(naxis=2)
    made.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    made.wcs.crval = [10.0, 0.5]
    made.wcs.crpix = [SIDE / 2 + x, SIDE / 2 + y]
    cosine, sine = np.cos(turn), np.sin(turn)
    made.wcs.cd = SCALE * np.array([[cosine, -sine], [sine, cosine]])
    made.wcs.set()
    return made


def frame(image, sigma=None, **place):
    sigma = np.full(image.shape, 0.1, np.float32) if sigma is None else sigma
    return Frame("1-2-3-g", image.astype(np.float32), sigma, image, image[0], wcs(**place))


def star(x, y, width=1.4):
    yy, xx = np.mgrid[:SIDE, :SIDE]
    return np.exp(-0.5 * ((xx - x) ** 2 + (yy - y) ** 2) / width**2)


@settings(deadline=None, max_examples=20)
@given(st.floats(-15, 15), st.floats(-15, 15))
def test_a_star_comes_to_where_it_is_in_the_reference(x, y):
    at = LEFT + 12.3, TOP + 11.8
    image, _ = register(frame(star(at[0] + x, at[1] + y), x=x, y=y), wcs(), TOP, LEFT, SIZE)
    expected = star(*at)[TOP : TOP + SIZE, LEFT : LEFT + SIZE]
    np.testing.assert_allclose(image, expected, atol=1.5e-3)


def test_a_whole_shift_changes_no_pixel():
    rng = np.random.default_rng(1)
    pixels, sigma = rng.standard_normal((SIDE, SIDE)), rng.uniform(0.1, 0.2, (SIDE, SIDE))
    image, noise = register(
        frame(pixels, sigma.astype(np.float32), x=3.0, y=-4.0), wcs(), TOP, LEFT, SIZE
    )
    window = slice(TOP - 4, TOP - 4 + SIZE), slice(LEFT + 3, LEFT + 3 + SIZE)
    np.testing.assert_allclose(image, pixels[window], atol=1e-4)
    np.testing.assert_allclose(noise, sigma[window], rtol=1e-4)


def test_sigma_is_the_scatter_of_interpolated_noise():
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(60):
        noise = 0.1 * rng.standard_normal((SIDE, SIDE))
        image, sigma = register(frame(noise, x=0.5, y=0.3), wcs(), TOP, LEFT, SIZE)
        ratios.append(image / sigma)
    assert np.std(ratios) == pytest.approx(1.0, abs=0.02)
    assert sigma.mean() == pytest.approx(0.1 * np.sqrt(0.836 * 0.89), rel=0.02)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.9])
def test_weights_sum_to_one_and_reproduce_a_polynomial(shift):
    at = np.arange(20, 30) + shift
    weights = _weights(at, 50)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    pixels = np.arange(50.0)
    np.testing.assert_allclose(weights @ pixels**3, at**3, rtol=1e-9)


def test_bad_pixels_and_what_lies_beyond_the_frame_are_unknown():
    pixels = star(60, 60)
    pixels[TOP + 5, LEFT + 7] = np.nan
    image, sigma = register(frame(pixels, x=0.0, y=0.0), wcs(), TOP, LEFT, SIZE)
    assert np.isnan(image[5, 7])
    assert sigma[5, 7] == np.inf
    assert np.isnan(image).sum() == 1
    image, sigma = register(frame(star(60, 60), y=60.0), wcs(), TOP, LEFT, SIZE)
    assert np.isfinite(image[:15]).all()
    assert np.isnan(image[-4:]).all()
    assert (np.isnan(image) == np.isinf(sigma)).all()
    image, _ = register(frame(star(60, 60), y=500.0), wcs(), TOP, LEFT, SIZE)
    assert np.isnan(image).all()


def test_a_turned_frame_is_refused():
    with pytest.raises(CentroidError, match=r"1-2-3-g is turned .* by 0\.\d+ pixels"):
        register(frame(star(60, 60), turn=0.02), wcs(), TOP, LEFT, SIZE)
