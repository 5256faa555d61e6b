"""Others: each makes of an honest stamp another one, the same again, and what it says."""

import numpy as np
import pytest

from halflight.trials import others
from halflight.trials.corruptions import Stamp
from halflight.trials.others import OTHERS
from tests.bands import gaussian

SIZE, SIDE, NOISE, BANDS = 40, 15, 0.05, 5


@pytest.fixture
def honest():
    noise = NOISE * np.random.default_rng(1).standard_normal((SIZE, SIZE, BANDS))
    image = 50.0 * gaussian(SIZE, 1.5)[..., None] + noise
    psf = np.tile(gaussian(SIDE, 1.5)[..., None], (1, 1, BANDS))
    sigma = np.full(image.shape, NOISE)
    return Stamp(*(a.astype(np.float32) for a in (image, sigma, psf)))


def spoilt(spoil, stamp):
    return spoil(Stamp(*(a.copy() for a in stamp)), np.random.default_rng(2))


@pytest.mark.parametrize("spoil", OTHERS, ids=lambda each: each.__name__)
def test_what_comes_out_is_another_stamp_and_what_went_in_is_as_it_was(spoil, honest):
    before = Stamp(*(a.copy() for a in honest))
    found, again = spoil(honest, np.random.default_rng(2)), spoilt(spoil, before)
    assert any((a != b).any() for a, b in zip(found, before, strict=True))
    for one, two, three, old in zip(found, again, honest, before, strict=True):
        assert one.dtype == np.float32
        assert one.shape == old.shape
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(three, old)
    assert spoil.__doc__


def test_there_are_enough_of_them_and_names_are_told_apart():
    assert len({each.__name__ for each in OTHERS}) == len(OTHERS) >= 8


@pytest.mark.parametrize("name", ["trail_over_it", "cosmic_ray_over_it", "bad_columns"])
def test_what_comes_once_comes_in_one_band(honest, name):
    found = spoilt(getattr(others, name), honest)
    changed = [(found.image[..., b] != honest.image[..., b]).any() for b in range(BANDS)]
    assert changed == [False, False, True, False, False]


def test_a_second_star_lies_where_it_says_with_light_of_its_own(honest):
    found = spoilt(others.two_stars, honest)
    more = found.image - honest.image
    row, column = np.unravel_index(np.argmax(more[..., 2]), more.shape[:2])
    assert 3.0 < np.hypot(row - (SIZE - 1) / 2, column - (SIZE - 1) / 2) < 9.0
    assert 0.2 * 50 < more[..., 2].sum() < 1.1 * 50


def test_an_asteroid_is_elsewhere_in_each_band(honest):
    found = spoilt(others.moving, honest)
    peaks = {np.unravel_index(np.argmax(found.image[..., b]), (SIZE, SIZE)) for b in range(BANDS)}
    assert len(peaks) == BANDS
