"""The check that positions lie on the light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.surveys.centroids import (
    LOST,
    centroid_offset,
    check_offsets,
    is_bright,
    summarise_offsets,
)
from halflight.surveys.errors import CentroidError


def blob(x, y, width=2.0, size=64):
    pixels = np.arange(size) - (size / 2 - 0.5)
    return np.exp(-0.5 * ((pixels[None, :] - x) ** 2 + (pixels[:, None] - y) ** 2) / width**2)


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_offset_of_a_shifted_gaussian(dx, dy, x, y):
    light = blob(x / 0.396 + dx, y / 0.396 + dy)
    assert centroid_offset(light, x, y) == pytest.approx(np.hypot(dx, dy), abs=1e-3)


def test_neighbour_and_bad_pixels_hardly_matter():
    light = blob(0.3, 0.0) + 0.5 * blob(15.0, 0.0)
    light[0, :] = np.nan
    assert centroid_offset(light.astype(np.float32), 0.0, 0.0) == pytest.approx(0.3, abs=0.02)


def test_lost_light():
    assert centroid_offset(np.zeros((64, 64)), 0.0, 0.0) == LOST
    assert centroid_offset(-blob(0, 0), 0.0, 0.0) == LOST
    assert centroid_offset(blob(20, 20, width=4.0), 0.0, 0.0) == LOST


def test_bright_means_bright_in_the_catalogue():
    sigma = np.full((64, 64), 0.03, np.float32)
    assert is_bright(18.0, sigma)
    assert not is_bright(20.0, sigma)


def test_summary():
    assert summarise_offsets([]) == {"median": None, "p90": None, "count": 0}
    assert summarise_offsets([0.1, 0.2, 0.3]) == {"median": 0.2, "p90": 0.28, "count": 3}


def test_a_shifted_frame_is_refused_by_name():
    check_offsets("94-1-12-r", [0.9] * 10 + [8.0] * 4)
    check_offsets("94-1-12-r", [8.0] * 4)  # too few to tell
    with pytest.raises(CentroidError, match=r"frame 94-1-12-r: .* 5 bright .* 1\.10 pixels"):
        check_offsets("94-1-12-r", [1.1] * 5)
