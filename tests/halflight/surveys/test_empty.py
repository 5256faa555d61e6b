"""Empty places: none near a source or a bad pixel, none beyond the edge, the same for a seed."""

from dataclasses import replace

import numpy as np
import pytest

from halflight.surveys import SurveyError
from halflight.surveys.empty import empty_places
from halflight.surveys.frames import Frame

SIZE, CLEARANCE = 20, 8.0


@pytest.fixture
def frame():
    rng = np.random.default_rng(5)
    sigma = np.full((120, 150), 0.03, np.float32)
    image = (sigma * rng.standard_normal(sigma.shape)).astype(np.float32)
    row, column = np.mgrid[:120, :150]
    image += 3.0 * np.exp(-0.5 * ((row - 60) ** 2 + (column - 70) ** 2) / 2.0**2)
    image[30, 110] = np.nan
    sigma[30, 110] = np.inf
    return Frame("1-1-1-r", image.astype(np.float32), sigma, image, image[0], wcs=None)


def places(frame, seed=1, count=200):
    return empty_places(
        frame, count, size=SIZE, clearance=CLEARANCE, rng=np.random.default_rng(seed)
    )


def test_the_middle_is_far_from_sources_and_bad_pixels_and_the_stamp_within(frame):
    corners = places(frame)
    assert corners.shape == (200, 2)
    assert (corners >= 0).all()
    assert (corners <= np.array(frame.image.shape) - SIZE).all()
    middles = corners + SIZE // 2
    for spot in ((60, 70), (30, 110)):
        assert np.hypot(*(middles - spot).T).min() >= CLEARANCE
    assert len(np.unique(corners, axis=0)) > 150


def test_a_seed_gives_the_same_places(frame):
    np.testing.assert_array_equal(places(frame, 3), places(frame, 3))
    assert (places(frame, 3) != places(frame, 4)).any()


def test_a_full_frame_is_refused_by_name(frame):
    full = replace(frame, image=np.full_like(frame.image, np.nan))
    with pytest.raises(SurveyError, match="1-1-1-r: no pixel lies 8.0 pixels"):
        places(full)
