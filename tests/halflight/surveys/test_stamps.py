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


def spoilt(frame, rows, columns):
    """The frame with some pixels of the stamp at (231.5, 131.5) bad, as `read_frame` marks them."""
    image, sigma = frame.image.copy(), frame.sigma.copy()
    image[100:164, 200:264][rows, columns] = np.nan
    sigma[100:164, 200:264][rows, columns] = np.inf
    return Frame("1-1-1-r", image, sigma, frame.sky, frame.calib, PixelWcs())


@pytest.mark.parametrize("rows", [3, 4, 28])  # 4.7%, 6.3% and 44% of the stamp
def test_bad_pixels_off_the_object_stay_and_are_marked(frame, rows):
    stamp = cut_stamp(spoilt(frame, slice(0, rows), slice(0, 64)), 231.5, 131.5, 64)
    assert np.isnan(stamp.image[:rows]).all()
    assert np.isinf(stamp.sigma[:rows]).all()
    assert np.isfinite(stamp.image[rows:]).all()


@pytest.mark.parametrize("at", [28, 30, 35])
def test_one_bad_pixel_on_the_object_is_refused(frame, at):
    with pytest.raises(StampError, match="1 of the central 64 pixels") as caught:
        cut_stamp(spoilt(frame, slice(at, at + 1), slice(at, at + 1)), 231.5, 131.5, 64)
    assert caught.value.reason == "bad pixels"


def test_a_stamp_is_a_copy(frame):
    stamp = cut_stamp(frame, 500.0, 500.0, 64)
    stamp.image[:] = 0
    assert frame.image[500, 500] != 0


@pytest.mark.parametrize("size", [63, 6, 0])
def test_bad_size(frame, size):
    with pytest.raises(SurveyParameterError, match=f"received {size}"):
        cut_stamp(frame, 500.0, 500.0, size)
