"""Crop, clean and orient: each on hand values and on any input."""

import numpy as np
import pytest

from halflight.prepare import ORIENTATIONS, centre_crop, clean_stamps, orient


def test_a_crop_keeps_the_centre_and_refuses_to_move_it():
    image = np.arange(49).reshape(1, 7, 7, 1)
    assert centre_crop(image, 3)[..., 0].tolist() == [[[16, 17, 18], [23, 24, 25], [30, 31, 32]]]
    with pytest.raises(ValueError, match="odd"):
        centre_crop(image, 4)
    with pytest.raises(ValueError, match="cannot be cropped to 9"):
        centre_crop(image, 9)
    with pytest.raises(ValueError, match=r"must be square.*received \(1, 7, 7\)"):
        centre_crop(image[..., 0], 3)


def test_big_endian_pixels_become_native_and_bad_ones_sky():
    image = np.array([1.0, np.nan, np.inf, 4.0], dtype=">f4").reshape(1, 2, 2, 1)
    sigma = np.array([1.0, 1.0, 1.0, 0.0], dtype=">f4").reshape(1, 2, 2, 1)
    clean, usable, bad = clean_stamps(image, sigma)
    assert usable.ravel().tolist() == [True, False, False, False]
    assert clean.dtype == np.dtype(np.float32)
    assert clean.ravel().tolist() == [1.0, 0.0, 0.0, 0.0]
    assert bad.tolist() == [0.75]
    with pytest.raises(ValueError, match="share one shape"):
        clean_stamps(image, sigma[:, :1])


def test_a_masked_pixel_is_bad_in_the_image_or_in_its_sigma():
    pixels = np.ones((1, 2, 2, 1), np.float32)
    mask = np.zeros(pixels.shape, bool)
    mask[0, 0, 1] = True
    for image, sigma in [
        (np.ma.array(pixels, mask=mask), pixels),
        (pixels, np.ma.array(pixels, mask=mask)),
    ]:
        clean, usable, bad = clean_stamps(image, sigma)
        assert usable.ravel().tolist() == [True, False, True, True]
        assert not isinstance(clean, np.ma.MaskedArray)
        assert clean.ravel().tolist() == [1.0, 0.0, 1.0, 1.0]
        assert bad.tolist() == [0.25]
    assert (pixels == 1.0).all()


def test_the_worst_band_says_how_bad_a_stamp_is():
    image = np.ones((1, 2, 2, 2), np.float32)
    image[0, :, :, 1] = np.nan
    clean, _, bad = clean_stamps(image, np.ones_like(image))
    assert bad.tolist() == [1.0]
    assert clean[0, ..., 0].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert clean[0, ..., 1].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_eight_orientations_are_the_symmetries_of_the_square():
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    turned = [orient(image, k) for k in range(ORIENTATIONS)]
    assert len({t.tobytes() for t in map(np.ascontiguousarray, turned)}) == ORIENTATIONS
    ring = np.hypot(*np.mgrid[-1.5:2, -1.5:2])[np.newaxis, ..., np.newaxis]
    for k in range(ORIENTATIONS):
        np.testing.assert_array_equal(orient(ring, k), ring)
    with pytest.raises(ValueError, match="received 8"):
        orient(image, 8)
