"""The style's helpers: labels that never overlap, and colours that stay apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from halflight.methods import METHODS
from halflight.report.style import (
    DATASET_COLOURS,
    spread,
)

heights = st.lists(st.floats(0, 1), max_size=8)


@given(heights)
def test_spread_labels_keep_their_distance_and_order(wanted):
    placed = spread(wanted, 0.08)
    assert len(placed) == len(wanted)
    assert np.all(np.diff(np.sort(placed)) >= 0.08 - 1e-9)
    assert np.array_equal(np.argsort(placed, kind="stable"), np.argsort(wanted, kind="stable"))


def test_labels_with_room_stay_where_they_are():
    assert spread([0.9, 0.1, 0.5], 0.1).tolist() == [0.9, 0.1, 0.5]


def test_colours_stand_out_on_white():
    for colour in (*(method.colour for method in METHODS.values()), *DATASET_COLOURS.values()):
        channels = [
            c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        luminance = np.dot([0.2126, 0.7152, 0.0722], channels)  # WCAG 2.2, relative luminance
        assert 1.05 / (luminance + 0.05) >= 2.7, colour
