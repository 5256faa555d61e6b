"""Companions: close blends that detection does not tell apart, and none where there is none."""

import numpy as np
import pytest

from halflight.classical import fit_scene, segment_stamp
from halflight.half_light import Component
from halflight.instrument import PIXEL_SCALE
from halflight.simulation import Galaxy, Star

TARGET = (1.0, 2.0, 0.8, 0.7, 100.0)
FIVE = 5.0 * PIXEL_SCALE
BLENDS = {
    "star": Star(100.0, 0.2 + FIVE, -0.3),
    "galaxy": Galaxy((Component(1.0, 0.6, 0.7, 2.0, 100.0),), 0.2, -0.3 + FIVE),
}


@pytest.fixture
def fit(beliefs):
    return lambda stamp: fit_scene(stamp.image, stamp.sigma, stamp.psf, beliefs=beliefs)


@pytest.mark.parametrize("neighbour", BLENDS.values(), ids=BLENDS)
def test_a_blend_of_equal_light_five_pixels_apart(draw, fit, neighbour):
    stamp = draw(TARGET, neighbours=(neighbour,))
    labels = segment_stamp(stamp.image, stamp.sigma).labels
    column, row = (round(47.5 + at / PIXEL_SCALE) for at in (neighbour.x, neighbour.y))
    assert labels[row, column] == labels[47, 48] > 0  # detection merges the two
    found = fit(stamp)
    assert found.converged, found.status
    assert found.companion_probability > 0.99
    assert found.neighbours >= 1
    assert found.ln_radius == pytest.approx(np.log(2.0), abs=4 * found.ln_radius_error)
    assert found.ln_radius_error < 0.1
    assert (found.x, found.y) == pytest.approx((0.2, -0.3), abs=0.1)
    assert found.magnitude == pytest.approx(17.5, abs=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_a_galaxy_alone_has_none(draw, fit, seed):
    assert fit(draw(TARGET, seed=seed)).companion_probability < 0.05


def test_a_bulge_is_no_companion(draw, fit):
    found = fit(draw((3.0, 0.8, 0.8, 0.9, 250.0), (1.0, 3.5, 0.5, 0.7, 350.0)))
    assert found.companion_probability < 0.05
    assert found.bulge_disc_probability > 0.9
