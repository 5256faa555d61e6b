"""A PSF against the stars of its image: right, too narrow, too wide, and where nothing can tell."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from halflight import images
from halflight.images import Options, checked_psf
from halflight.images.agreement import stars_of

SIDE, STEP, WIDTH = 480, 40, 1.5  # pixels
SOURCES = pd.DataFrame({"x": [100.0], "y": [100.0]})


def field(stars, galaxies):
    """A field on whose grid so many stars lie, then so many round galaxies of many sizes."""
    rng = np.random.default_rng(2)
    image = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    row, column = np.mgrid[:SIDE, :SIDE]
    places = [(x, y) for y in range(30, SIDE - 20, STEP) for x in range(30, SIDE - 20, STEP)]
    widths = [WIDTH] * stars + list(WIDTH * rng.uniform(1.2, 4.0, galaxies))
    for (x, y), width in zip(places, widths, strict=False):
        dx, dy = rng.uniform(-0.5, 0.5, 2)
        near = np.s_[y - 19 : y + 20, x - 19 : x + 20]
        r = (column[near] - x - dx) ** 2 + (row[near] - y - dy) ** 2
        flux = 10 ** rng.uniform(3.3, 4.3)
        image[near] += flux / (2 * np.pi * width**2) * np.exp(-0.5 * r / width**2)
    return images.field_of_arrays(image, np.ones_like(image), options=Options(pixel_scale=0.3))


def psf(opened, times=1.0):
    offset = np.arange(-15, 16) ** 2
    stamp = np.exp(-0.5 * (offset + offset[:, None]) / (WIDTH * times) ** 2)
    return images.open_psf(stamp / stamp.sum(), opened)


def test_the_right_psf_is_left_as_it_is():
    opened = field(20, 20)
    told = psf(opened)
    assert len(stars_of(opened)) >= 8
    assert checked_psf(told, opened, SOURCES) is told


@pytest.mark.parametrize(("times", "said"), [(0.77, "1.2"), (1.3, "0.7")])
def test_a_psf_of_another_width_is_doubtful_and_says_by_how_much(times, said):
    opened = field(20, 20)
    found = checked_psf(psf(opened, times), opened, SOURCES)
    assert f"have {said}" in found.doubtful
    assert found.notes[-1] == found.doubtful


def test_of_psfs_of_each_row_that_of_the_nearest_counts():
    opened = field(20, 20)
    stamps = np.stack([psf(opened, times).at(0, 0, 0) for times in (1.0, 1.3)])
    rows = pd.DataFrame({"x": [np.nan, 200.0], "y": [np.nan, 200.0]})
    assert checked_psf(images.open_psf(stamps, opened, rows), opened, rows).doubtful
    rows = rows[::-1].reset_index(drop=True)
    assert not checked_psf(images.open_psf(stamps, opened, rows), opened, rows).doubtful


@pytest.mark.parametrize(("stars", "galaxies"), [(5, 0), (0, 60), (0, 0)])
def test_without_stars_nothing_is_said(stars, galaxies):
    opened = field(stars, galaxies)
    told = psf(opened, 1.3)
    assert checked_psf(told, opened, SOURCES) is told


def test_one_that_is_doubtful_already_has_both_reasons():
    opened = field(20, 20)
    told = dataclasses.replace(psf(opened, 1.3), doubtful="a guess")
    assert checked_psf(told, opened, SOURCES).doubtful.startswith("a guess; the image's")
