"""Corruptions: each changes what it says and nothing else, gives stamps, and does so repeatably."""

import numpy as np
import pytest

from halflight.psf import psf_half_light_radius, psf_offset
from halflight.trials import corruptions
from halflight.trials.corruptions import CORRUPTIONS, Stamp

SIZE, SIDE, NOISE = 64, 31, 0.03


def gaussian(size, width):
    offset = np.arange(size) - (size - 1) / 2
    image = np.exp(-0.5 * (offset**2 + offset[:, None] ** 2) / width**2)
    return (image / image.sum()).astype(np.float32)


@pytest.fixture
def honest():
    noise = NOISE * np.random.default_rng(1).standard_normal((SIZE, SIZE))
    image = (50.0 * gaussian(SIZE, 3.0) + noise).astype(np.float32)
    return Stamp(image, np.full((SIZE, SIZE), NOISE, np.float32), gaussian(SIDE, 1.5))


def spoilt(corrupt, stamp, seed=2):
    return corrupt(Stamp(*(a.copy() for a in stamp)), np.random.default_rng(seed))


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda each: each.__name__)
def test_what_comes_out_is_a_stamp_unlike_the_one_that_went_in(corrupt, honest):
    before = Stamp(*(a.copy() for a in honest))
    found = corrupt(honest, np.random.default_rng(2))
    again = spoilt(corrupt, honest)
    assert any((a != b).any() for a, b in zip(found, before, strict=True))
    for one, two, three, old in zip(found, again, honest, before, strict=True):
        assert one.dtype == np.float32
        assert one.shape == old.shape
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(three, old)  # what went in is as it was
    assert (found.sigma > 0).all()
    assert found.psf.sum() == pytest.approx(1.0, abs=1e-5)


def test_names_are_told_apart():
    assert len({each.__name__ for each in CORRUPTIONS}) == len(CORRUPTIONS) >= 10


@pytest.mark.parametrize(("name", "factor"), [("psf_too_wide", 1.3), ("psf_too_narrow", 1 / 1.3)])
def test_the_psf_is_wider_or_narrower_by_what_it_says(honest, name, factor):
    found = spoilt(getattr(corruptions, name), honest)
    before, after = (psf_half_light_radius(one.psf, 1.0) for one in (honest, found))
    assert after / before == pytest.approx(factor, rel=0.01)
    assert psf_offset(found.psf[None])[0] < 0.01


def test_a_star_has_the_width_of_its_psf_at_the_centre(honest):
    found = spoilt(corruptions.star, honest)
    row, column = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    near = np.hypot(row, column) < 8
    light = np.where(near, found.image, 0.0)
    x, y = ((light * at).sum() / light.sum() for at in (column, row))
    assert np.hypot(x, y) < 1.5
    spread = (light * ((column - x) ** 2 + (row - y) ** 2)).sum() / light.sum()
    assert np.sqrt(spread / 2) == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("size", [40, 41])
def test_a_psf_larger_than_the_stamp_will_do(honest, size):
    small = Stamp(honest.image[:size, :size], honest.sigma[:size, :size], gaussian(61, 1.5))
    point = corruptions._point(small, 10.0, 2.0, -3.0)
    row, column = np.unravel_index(np.argmax(point), point.shape)
    centre = (size - 1) / 2
    assert abs(column - centre - 2.0) <= 0.5
    assert abs(row - centre + 3.0) <= 0.5
    assert point.sum() == pytest.approx(10.0, rel=1e-3)
