"""Blending: others' light in a target's, and what is left over in it."""

import math

import numpy as np
import pytest

from halflight.classical import fit_scene
from halflight.simulation import Star

TARGET = (1.5, 2.0, 0.6, 0.7, 60.0)


@pytest.fixture
def fit(beliefs):
    return lambda stamp: fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)


def test_a_galaxy_alone_is_free_of_both(draw, fit):
    found = fit(draw(TARGET))
    assert found.contamination < 1e-3
    assert found.misfit < 60.0


def test_contamination_is_the_neighbours_light_in_the_targets_own(draw, fit):
    star = Star(80.0, 3.4, 0.1)
    target, both = draw(TARGET, noisy=False), draw(TARGET, neighbours=(star,))
    light, others = target.image / both.sigma, draw(TARGET, neighbours=(star,), noisy=False).image
    others = (others - target.image) / both.sigma
    found = fit(both)
    assert found.contamination == pytest.approx(
        (light * others).sum() / (light**2).sum(), rel=0.1, abs=0.01
    )


def test_contamination_grows_as_a_neighbour_comes_closer_and_brightens(draw, fit):
    def beside(flux, x):
        return fit(draw(TARGET, neighbours=(Star(flux, x, 0.1),))).contamination

    assert beside(80.0, 12.0) < beside(80.0, 6.0) < beside(80.0, 3.4) < beside(240.0, 3.4)


def test_misfit_tells_light_that_no_model_explains(draw, fit):
    stamp = draw((1.0, 3.0, 0.6, 0.7, 600.0))
    honest = fit(stamp)
    row, column = np.mgrid[:96, :96] - 47.5
    stamp.image *= 1.0 + 0.1 * np.cos(2 * np.arctan2(row, column) + np.hypot(row, column) / 3.0)
    spiral = fit(stamp)
    assert honest.misfit < 60.0
    assert spiral.misfit > 300.0


def test_a_stamp_without_an_answer_has_neither(draw, fit):
    stamp = draw(TARGET)
    stamp.image[:] = np.nan
    found = fit(stamp)
    assert math.isnan(found.contamination)
    assert math.isnan(found.misfit)
