"""Cut-outs: the square of whole pixels round one catalogue position, never resampled."""

from dataclasses import dataclass

import numpy as np

from halflight.instrument import PIXEL_SCALE
from halflight.surveys.errors import StampError, SurveyParameterError
from halflight.surveys.frames import Frame

CORE_PIXELS = 4  # no bad pixel may lie in the central square of twice this size


@dataclass(frozen=True)
class Stamp:
    """One object's pixels: image and sigma (size, size) float32 [nmgy] and where it sits in them.

    row, col: frame pixel (0-based, fractional) of the catalogue position. x, y: offset [arcsec] of
    that position from the stamp's centre, along columns and rows; at most half a pixel each.
    top, left: the frame's pixel (row, column) that is the stamp's first.
    """

    image: np.ndarray
    sigma: np.ndarray
    top: int
    left: int
    row: float
    col: float
    x: float
    y: float


def cut_stamp(frame: Frame, ra: float, dec: float, size: int) -> Stamp:
    """The `size` x `size` stamp whose centre, pixel (size/2 - 0.5), is nearest to (ra, dec) [deg].

    Bad pixels further out stay, NaN in image and +inf in sigma, however many: the parameter
    prepare.max_bad_fraction says how many are too many. Raises `StampError` (reason "frame edge" or
    "bad pixels") if the stamp leaves the frame or any of its central 8 x 8 pixels is bad.
    """
    if size < 2 * CORE_PIXELS or size % 2:
        raise SurveyParameterError(
            f"stamp_size must be even and >= {2 * CORE_PIXELS}, received {size}"
        )
    (col,), (row,) = frame.wcs.wcs_world2pix([ra], [dec], 0)
    centre = size / 2 - 0.5
    top, left = (int(np.floor(at - centre + 0.5)) for at in (row, col))
    rows, columns = frame.image.shape
    if not (0 <= top <= rows - size and 0 <= left <= columns - size):
        raise StampError(
            StampError.EDGE,
            f"{frame.name}: a stamp of {size} pixels at ({row:.1f}, {col:.1f}) leaves it",
        )
    window = slice(top, top + size), slice(left, left + size)
    image, sigma = frame.image[window].copy(), frame.sigma[window].copy()
    bad = ~np.isfinite(image)
    core = slice(size // 2 - CORE_PIXELS, size // 2 + CORE_PIXELS)
    if bad[core, core].any():
        raise StampError(
            "bad pixels",
            f"{frame.name}: {bad[core, core].sum()} of the central {(2 * CORE_PIXELS) ** 2} pixels "
            f"of the stamp at ({row:.1f}, {col:.1f}) are bad",
        )
    return Stamp(
        image,
        sigma,
        top=top,
        left=left,
        row=float(row),
        col=float(col),
        x=float((col - left - centre) * PIXEL_SCALE),
        y=float((row - top - centre) * PIXEL_SCALE),
    )
