"""Windows: evenly filled, empty where galaxies go, and without a pixel in common."""

import numpy as np
import pytest

from halflight.surveys import Frame, SurveyError
from halflight.trials.windows import places_in_windows

WINDOW, SIZE = 60, 20
CHOICE = {"window": WINDOW, "size": SIZE, "clearance": 4.0}


@pytest.fixture
def frame():
    """Two windows by three and some rows and columns more, one of them full of light."""
    image = np.random.default_rng(2).normal(size=(130, 200)).astype(np.float32)
    image[65:115, 5:55] += 1000.0
    sigma = np.ones_like(image)
    return Frame("1-1-1-r", image, sigma, np.zeros_like(image), np.ones(200, np.float32), wcs=None)


def drawn(frame, count=100, seed=5, **changed):
    rng = np.random.default_rng(seed)
    return places_in_windows(frame, count, **CHOICE | changed, rng=rng)


def test_stamps_lie_within_windows_which_hold_as_many_each(frame):
    corners, windows = drawn(frame, 101)
    assert corners.shape == windows.shape == (101, 2)
    np.testing.assert_array_equal(corners // WINDOW, windows)
    np.testing.assert_array_equal((corners + SIZE - 1) // WINDOW, windows)
    found, counts = np.unique(windows, axis=0, return_counts=True)
    assert found.tolist() == [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2]]
    assert counts.tolist() == [21, 20, 20, 20, 20]
    assert len(np.unique(corners, axis=0)) == 101


def test_where_places_are_fewer_than_stamps_some_are_shared(frame):
    frame.image[...] = np.nan
    frame.image[20:40, 20:40] = 0.0
    corners, _ = drawn(frame, 30, clearance=1.0, size=58)
    assert len(corners) == 30
    assert {*map(tuple, corners.tolist())} == {(i, j) for i in range(3) for j in range(3)}


def test_the_same_random_numbers_give_the_same_places(frame):
    for one, two in zip(drawn(frame), drawn(frame), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(drawn(frame)[0], drawn(frame, seed=6)[0])


def test_what_cannot_be_is_named(frame):
    with pytest.raises(ValueError, match="window of 60 pixels holds no stamp of 64"):
        drawn(frame, size=64)
    with pytest.raises(SurveyError, match=r"1-1-1-r: no window of 150 pixels has an empty place"):
        drawn(frame, window=150)
    with pytest.raises(SurveyError, match="no pixel lies 90"):
        drawn(frame, clearance=90.0)
