"""Judged: a measurer's own rows, with a score, and a flag beyond what is usual."""

import numpy as np
import pytest

from halflight import tasks
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.judged import SCORE, Judged, judged
from halflight.likeness import Likeness, indicators
from halflight.measurer import Measurer
from halflight.nn import presets
from halflight.quality import FLAGS
from tests.bands import PREPARATION, sources


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained classifier with what is usual of the tests' stars and galaxies."""
    network = presets.build(
        "band_net",
        image_shape=(16, 16, 5),
        psf_shape=(9, 9, 5),
        outputs=1,
        filters=[8],
        core_pixels=8,
        core_filters=4,
    )
    place = tmp_path_factory.mktemp("judged") / "stars"
    Estimator(network, tasks.get("star_galaxy"), SDSS, PREPARATION, {}).save(place)
    return place


def test_a_folder_without_what_is_usual_is_the_measurer_itself(folder):
    measurer = Measurer.load(folder)
    assert judged(measurer, folder) is measurer


def test_rows_are_the_measurer_s_and_what_is_neither_is_flagged(folder, tmp_path):
    _, *arrays = sources(60)
    Likeness.fitted(indicators(*arrays)).save(tmp_path)
    measurer = Measurer.load(folder)
    judge = judged(measurer, tmp_path)
    assert isinstance(judge, Judged)
    assert (judge.tier, judge.probability) == ("fast", "star_probability")
    assert judge.estimator is measurer.estimator
    image, sigma, psf = arrays
    image = image.copy()
    image[0] += 200 * np.roll(image[0], 5, axis=1) / image[0].max()
    own = measurer.measure(image, sigma, psf)
    found = judge.measure(image, sigma, psf)
    bit = FLAGS["out_of_domain"]
    np.testing.assert_array_equal(found["flags"] & ~bit, own["flags"])
    np.testing.assert_array_equal(found["star_probability"], own["star_probability"])
    assert ((found["flags"] & bit != 0) == (found[SCORE] > 1)).all()
    assert found[SCORE][0] > 1
    assert (found[SCORE] > 1).mean() < 0.2  # of 60, 1 % is not known well
