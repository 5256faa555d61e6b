"""What bright stars do: charge is moved and not lost, spikes lie where the parameters say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox.bright import add_spikes, bleed
from halflight.sandbox.streams import Purpose, stream
from halflight.simulation.scene import Star


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 50), min_size=12, max_size=12), st.integers(0, 11))
def test_no_charge_is_lost_that_has_room(light, peak):
    image = np.array(light, np.float32)[:, None].repeat(3, axis=1)
    image[peak, 1] += 100
    before = image.sum(axis=0, dtype=np.float64)
    bleed(image, 60.0, 0.0, stream(1, Purpose.BRIGHT))
    assert image.max() <= 60.0 + 1e-3
    after = image.sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(after, np.minimum(before, 12 * 60.0), rtol=1e-5)


def test_a_trail_grows_both_ways_and_stays_in_its_column():
    image = np.zeros((41, 5), np.float32)
    image[20, 2] = 100.0
    bleed(image, 10.0, 0.0, stream(1, Purpose.BRIGHT))
    assert (image[:, [0, 1, 3, 4]] == 0).all()
    filled = np.flatnonzero(image[:, 2])
    assert len(filled) == 10
    assert abs(filled.mean() - 20) <= 0.5


def test_no_two_saturated_pixels_read_the_same():
    image = np.full((50, 1), 100.0, np.float32)
    bleed(image, 10.0, 0.03, stream(1, Purpose.BRIGHT))
    assert len(np.unique(image)) == 50


def test_frames_without_bright_stars_stay_as_they_are(parameters: Parameters):
    image = np.ones((30, 30), np.float32)
    add_spikes(image, [Star(10.0, 0.0, 0.0)], parameters.bright)
    bleed(image, 5.0, 0.03, stream(1, Purpose.BRIGHT))
    assert (image == 1).all()


def test_spikes_hold_their_share_and_lie_on_the_diagonals(parameters: Parameters):
    image = np.zeros((401, 401), np.float32)
    star = Star(1e5, 0.0, 0.0)
    add_spikes(image, [star], parameters.bright)
    assert image.sum() == pytest.approx(parameters.bright.spike_fraction * star.flux, rel=1e-3)
    rows, columns = np.nonzero(image)
    assert (np.abs(rows - 200) == np.abs(columns - 200)).all()
