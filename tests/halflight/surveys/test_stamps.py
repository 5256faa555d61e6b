"""Cut-outs: whole pixels, the centre convention, the frame's edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.instrument import FRAME_SHAPE, PIXEL_SCALE
from halflight.surveys.errors import StampError, SurveyParameterError
from halflight.surveys.frames import Frame
from halflight.surveys.stamps import cut_stamp


class PixelWcs:
    """World coordinates that are the pixel (column, row) itself."""

    def wcs_world2pix(self, ra, dec, origin):
        assert origin == 0
        return np.asarray(ra), np.asarray(dec)


@pytest.fixture(scope="module")
def frame():
    image = np.arange(np.prod(FRAME_SHAPE), dtype=np.float32).reshape(FRAME_SHAPE)
    return Frame("1-1-1-r", image, image + 1, image, image[0], PixelWcs())


@given(st.floats(40, 2000), st.floats(40, 1440))
def test_position_is_within_half_a_pixel_of_the_centre(frame, col, row):
    stamp = cut_stamp(frame, col, row, 64)
    assert abs(stamp.x) <= PIXEL_SCALE / 2 + 1e-9
    assert abs(stamp.y) <= PIXEL_SCALE / 2 + 1e-9
    first = int(stamp.image[0, 0])
    top, left = divmod(first, FRAME_SHAPE[1])
    assert left + 31.5 + stamp.x / PIXEL_SCALE == pytest.approx(col)
    assert top + 31.5 + stamp.y / PIXEL_SCALE == pytest.approx(row)
    np.testing.assert_array_equal(stamp.image, frame.image[top : top + 64, left : left + 64])
    np.testing.assert_array_equal(stamp.sigma, stamp.image + 1)


@pytest.mark.parametrize(
    ("col", "row", "inside"),
    [
        (31.5, 31.5, True),  # the first stamp of 64 pixels that fits the corner
        (31.0, 31.5, True),
        (30.9, 31.5, False),
        (31.5, 30.9, False),
        (2015.5, 1456.5, True),
        (2016.1, 1456.5, False),
        (2015.5, 1457.1, False),
        (-500.0, 700.0, False),
    ],
)
def test_edges(frame, col, row, inside):
    if inside:
        assert cut_stamp(frame, col, row, 64).image.shape == (64, 64)
    else:
        with pytest.raises(StampError, match="leaves it") as caught:
            cut_stamp(frame, col, row, 64)
        assert caught.value.reason == "frame edge"


@pytest.mark.parametrize(
    ("spoil", "good"),
    [
        ((slice(0, 3), slice(0, 64)), True),  # 4.7% of the stamp, far from the object
        ((slice(0, 4), slice(0, 64)), False),  # 6.3%
        ((slice(30, 31), slice(30, 31)), False),  # one pixel on the object
    ],
)
def test_bad_pixels(frame, spoil, good):
    image = frame.image.copy()
    image[100:164, 200:264][spoil] = np.nan
    spoilt = Frame("1-1-1-r", image, frame.sigma, frame.sky, frame.calib, PixelWcs())
    if good:
        assert np.isnan(cut_stamp(spoilt, 231.5, 131.5, 64).image).sum() == 192
    else:
        with pytest.raises(StampError) as caught:
            cut_stamp(spoilt, 231.5, 131.5, 64)
        assert caught.value.reason == "bad pixels"


def test_a_stamp_is_a_copy(frame):
    stamp = cut_stamp(frame, 500.0, 500.0, 64)
    stamp.image[:] = 0
    assert frame.image[500, 500] != 0


@pytest.mark.parametrize("size", [63, 6, 0])
def test_bad_size(frame, size):
    with pytest.raises(SurveyParameterError, match=f"received {size}"):
        cut_stamp(frame, 500.0, 500.0, size)
