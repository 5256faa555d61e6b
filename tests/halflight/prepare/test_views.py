"""The 64 views: orientations, moved by a pixel, with sky where nothing is known."""

import numpy as np
import pytest

from halflight.prepare import VIEWS, orient, view


def test_the_first_eight_are_the_orientations_and_all_are_different():
    image = np.random.default_rng(0).normal(size=(1, 6, 6, 2))
    for number in range(8):
        np.testing.assert_array_equal(view(image, number), orient(image, number))
    assert len({view(image, number).tobytes() for number in range(VIEWS)}) == VIEWS == 64


def test_a_moved_view_keeps_what_stays_in_and_lets_zeros_in():
    image = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)
    right = view(image, 8)[0, ..., 0]
    assert not right[:, 0].any()
    np.testing.assert_array_equal(right[:, 1:], image[0, :, :3, 0])
    both = view(image, 48)[0, ..., 0]
    np.testing.assert_array_equal(both[:3, :3], image[0, 1:, 1:, 0])
    assert not both[3].any()


def test_a_psf_turns_and_is_not_moved():
    psf = np.random.default_rng(0).normal(size=(1, 5, 5, 1))
    for number in range(VIEWS):
        np.testing.assert_array_equal(view(psf, number, moved=False), orient(psf, number % 8))
    with pytest.raises(ValueError, match="view must be 0 to 63; received 64"):
        view(psf, 64)
