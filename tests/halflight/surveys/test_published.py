"""The published spectroscopic stamps: read as they are, and refused when they are not."""

import numpy as np
import pytest

from halflight.instrument import BANDS, luptitude_of
from halflight.surveys.errors import SurveyError
from halflight.surveys.published import IMAGES, LABELS, read_published


def write(folder, images, labels):
    np.save(folder / IMAGES, images)
    np.save(folder / LABELS, labels)
    return folder


@pytest.fixture
def arrays():
    rng = np.random.default_rng(1)
    return rng.uniform(20, 25, (3, 5, 48, 48)).astype(np.float32), np.array([1.0, -1.0, 1.0])


def test_stamps_come_in_the_order_of_the_interface(tmp_path, arrays):
    images, labels = arrays
    found = read_published(write(tmp_path, images, labels))
    assert found.is_star.tolist() == [1.0, 0.0, 1.0]
    assert found.luptitudes.shape == found.image.shape == (3, 48, 48, 5)
    np.testing.assert_array_equal(found.luptitudes[1, 2, 3], images[1, :, 2, 3])
    for number, band in enumerate(BANDS):
        again = luptitude_of(found.image[..., number].astype(np.float64), band)
        np.testing.assert_allclose(again, found.luptitudes[..., number], atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, c: (i[:, :4], c), "must hold"),
        (lambda i, c: (i[:2], c), "must hold"),
        (lambda i, c: (i, 0 * c), r"\+1 or -1, received 0.0"),
        (lambda i, c: (i * np.nan, c), "asinh magnitude"),
        (lambda i, c: (i + 100, c), "asinh magnitude"),
        (lambda i, c: (i.astype(int), c), "no real numbers"),
        (lambda i, c: (i, c.astype(object)), "cannot be read"),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, change, message):
    with pytest.raises(SurveyError, match=message):
        read_published(write(tmp_path, *change(*arrays)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SurveyError, match=IMAGES):
        read_published(tmp_path)


def test_the_twenty_stamps_hold_an_object_each(recorded_sky):
    found = read_published(recorded_sky / "stamps/kim_brunner")
    assert (len(found.is_star), found.is_star.sum()) == (20, 5)
    r = found.image[..., 2]
    centre = r[:, 21:27, 21:27].sum(axis=(1, 2))
    background = np.median(r.reshape(20, -1), axis=1)
    assert (centre - 36 * background > 0.3).all()
    assert np.abs(background).max() < 0.3
