"""Sources of a stamp: which are fitted, which masked, and their boxes."""

import numpy as np
import pytest

from halflight.classical.scene.sources import find_sources
from halflight.classical.segmentation import segment_stamp
from halflight.instrument import PIXEL_SCALE
from halflight.simulation import Star

GALAXY = (1.5, 2.0, 0.6, 0.7, 60.0)


def sources(stamp, most=7):
    segmentation = segment_stamp(stamp.image, stamp.sigma)
    return find_sources(stamp.image, stamp.sigma, stamp.psf, segmentation, most=most)


def places(found):
    middle = 47.5
    return [
        ((n.start[0] - middle) * PIXEL_SCALE, (n.start[1] - middle) * PIXEL_SCALE) for n in found
    ]


def test_neighbours_come_by_flux_over_squared_distance(draw):
    stars = (Star(40.0, 12.0, 2.0), Star(30.0, -5.0, -5.0), Star(400.0, -14.0, 10.0))
    found = sources(draw(GALAXY, neighbours=stars)).neighbours
    np.testing.assert_allclose(places(found)[:2], [(-14.0, 10.0), (-5.0, -5.0)], atol=0.4)


def test_what_is_not_fitted_is_masked(draw):
    stamp = draw(GALAXY, neighbours=(Star(40.0, 8.0, 2.0),))
    column, row = (round(47.5 + at / PIXEL_SCALE) for at in (8.0, 2.0))
    assert sources(stamp, most=1).usable[row, column]
    assert not sources(stamp, most=0).usable[row, column]


def test_a_source_cut_by_the_edge_is_masked(draw):
    found = sources(draw(GALAXY, neighbours=(Star(80.0, 18.6, 0.0),)))
    assert not found.usable[48, 94]


@pytest.mark.parametrize("flux", [10.0, 300.0, 5000.0])
def test_a_box_holds_all_of_the_source_that_shows(draw, flux):
    stamp = draw(GALAXY, neighbours=(Star(flux, -9.0, 9.0),))
    segmentation = segment_stamp(stamp.image, stamp.sigma)
    [neighbour] = sources(stamp, most=1).neighbours
    label = segmentation.labels[round(neighbour.start[1]), round(neighbour.start[0])]
    rows, columns = np.nonzero(segmentation.labels == label)
    assert neighbour.top <= rows.min()
    assert rows.max() < neighbour.top + neighbour.size <= 96
    assert neighbour.left <= columns.min()
    assert columns.max() < neighbour.left + neighbour.size <= 96


def test_a_target_that_is_not_detected_begins_small_at_the_centre(draw):
    found = sources(draw((1.5, 2.0, 0.6, 0.7, 1e-3)))
    np.testing.assert_allclose(found.target[:2], 47.5)
    assert np.isfinite(found.target).all()
