"""Registration: the pixels of another band's frame at the places of a stamp's own pixels.

The bands of one field are read by different chips and lie some pixels apart, turned by less than a
hundredth of a pixel over a stamp. Interpolation is by quintic splines, which pass what an SDSS PSF
holds (to 1e-3 of its peak). They also smooth the noise a little where the shift is not whole: half
a pixel along both axes leaves .70 of a pixel's variance, and what is gone is in neighbours that
agree (their sum has the variance that it had). sigma is that of the interpolated pixel; a sum over
pixels that takes them as independent has an error bar of down to .84 of what it should be.
"""

from functools import cache

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline

from halflight.surveys.errors import CentroidError
from halflight.surveys.frames import Frame

ORDER = 5
# Beyond this many pixels a spline's weight is below 1e-4, and what the edge does is not felt.
PAD = 12
LARGEST_TURN = 0.1  # pixels that a stamp's corner may be off when a frame is only shifted
MOST_BAD_WEIGHT = 0.05  # of an interpolated pixel: what more of bad pixels is in it is bad

Array = NDArray[np.float64]


def register(
    frame: Frame, wcs: WCS, top: int, left: int, size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Image and sigma (size, size) float32 [nmgy] of a frame on the pixels of another one.

    wcs: of the other frame. top, left: its first pixel (row, column) of the stamp. What this frame
    does not hold, or holds as bad, is NaN in image and +inf in sigma. Raises `CentroidError` for a
    frame that is turned against the other.
    """
    rows, columns = place(frame, wcs, top, left, size)
    low = [int(np.floor(at.min())) - PAD for at in (rows, columns)]
    high = [int(np.ceil(at.max())) + PAD + 1 for at in (rows, columns)]
    image, variance, bad = _window(frame, low, high)
    by_row = _weights(rows - low[0], high[0] - low[0])
    by_column = _weights(columns - low[1], high[1] - low[1]).T
    flux = by_row @ image @ by_column
    noise = np.sqrt(by_row**2 @ variance @ by_column**2)
    unknown = np.abs(by_row) @ bad @ np.abs(by_column) > MOST_BAD_WEIGHT
    flux[unknown], noise[unknown] = np.nan, np.inf
    return flux.astype(np.float32), noise.astype(np.float32)


def place(frame: Frame, wcs: WCS, top: int, left: int, size: int) -> tuple[Array, Array]:
    """The 0-based rows and columns (size,) of a frame at which the other one's pixels lie."""
    row, column = np.mgrid[top : top + size, left : left + size]
    ra, dec = wcs.wcs_pix2world(column.ravel(), row.ravel(), 0)
    x, y = (at.reshape(size, size) for at in frame.wcs.wcs_world2pix(ra, dec, 0))
    rows, columns = y.mean(axis=1), x.mean(axis=0)
    turn = max(np.abs(y - rows[:, None]).max(), np.abs(x - columns).max())
    if not turn <= LARGEST_TURN:
        raise CentroidError(
            f"frame {frame.name} is turned against the reference band's by {turn:.2f} pixels over "
            f"{size}, where at most {LARGEST_TURN} is credible: its world coordinates are wrong"
        )
    return rows, columns


def _window(frame: Frame, low: list[int], high: list[int]) -> tuple[Array, Array, Array]:
    """Image, variance and bad pixels (0 or 1) of a part of a frame, also of what lies beyond it."""
    shape = tuple(end - start for start, end in zip(low, high, strict=True))
    image, variance, bad = np.zeros(shape), np.zeros(shape), np.ones(shape)
    inside = tuple(
        slice(max(start, 0), max(min(end, side), 0))
        for start, end, side in zip(low, high, frame.image.shape, strict=True)
    )
    if all(part.start < part.stop for part in inside):
        into = tuple(
            slice(part.start - start, part.stop - start)
            for part, start in zip(inside, low, strict=True)
        )
        own, sigma = frame.image[inside], frame.sigma[inside]
        good = np.isfinite(own) & np.isfinite(sigma)
        image[into] = np.where(good, own, 0)
        variance[into] = np.where(good, sigma, 0) ** 2
        bad[into] = ~good
    return image, variance, bad


def _weights(at: Array, count: int) -> Array:
    """What each of `count` pixels gives to the places `at`: the splines through unit pixels."""
    return np.asarray(_unit_splines(count)(at))


@cache
def _unit_splines(count: int) -> BSpline:
    return make_interp_spline(np.arange(count), np.eye(count), k=ORDER)
