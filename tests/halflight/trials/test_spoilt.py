"""Spoilt images: each is spoilt, by its own random numbers, and keeps its shape."""

import numpy as np
import pytest

from halflight.trials.spoilt import SIDE, SPOILINGS, Taken, blank, sky_left_in, star_field

PLACES = np.array([[60, 60], [60, 190]])


@pytest.fixture(scope="module")
def taken():
    rng = np.random.default_rng(1)
    image = rng.standard_normal((130, 260)).astype(np.float32)
    offset = np.arange(-10, 11) ** 2
    psf = np.exp(-0.5 * (offset + offset[:, None]) / 1.5**2).astype(np.float32)
    for row, column in PLACES:
        image[row - 10 : row + 11, column - 10 : column + 11] += 40 * psf
    image[5, 7] = np.nan
    sigma = np.ones_like(image)
    sigma[5, 7] = np.inf
    return Taken(image, sigma, np.stack([psf / psf.sum()] * 2), PLACES)


@pytest.mark.parametrize("spoil", SPOILINGS, ids=lambda each: each.__name__)
def test_something_is_other_than_before_and_bad_pixels_stay_bad(taken, spoil):
    before = Taken(*(each.copy() for each in taken))
    made, again = (spoil(taken, np.random.default_rng(3)) for _ in range(2))
    for old, kept, new, twice in zip(before, taken, made, again, strict=True):
        np.testing.assert_array_equal(old, kept)
        np.testing.assert_array_equal(new, twice)
        assert new.shape == old.shape
        assert new.dtype == old.dtype
    assert any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(before, made, strict=True))
    assert not np.isfinite(made.image[5, 7])
    assert made.psfs.sum(axis=(1, 2)) == pytest.approx(1.0, rel=1e-5)
    assert spoil.__doc__.endswith(".")


def test_what_they_say_is_what_they_do(taken):
    assert np.nanmax(blank(taken, np.random.default_rng(1)).image) < 6
    assert np.nanmedian(sky_left_in(taken, np.random.default_rng(1)).image) == pytest.approx(
        10, abs=0.1
    )
    stars = star_field(taken, np.random.default_rng(1))
    for row, column in PLACES:
        assert stars.image[row - 3 : row + 3, column - 3 : column + 3].max() > 20
    assert SIDE == 96
