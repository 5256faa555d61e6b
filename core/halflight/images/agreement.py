"""Agreement: whether the stars of an image are as sharp as the PSF that is told for it."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import sep
from numpy.typing import NDArray

from halflight.images.detection import REACH, detect_rows
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options
from halflight.images.psfs import Psf
from halflight.images.stars import ENOUGH_STARS, LEAST_SNR, LOCUS_WIDTH, select_stars

MOST_PIXELS = 1 << 22  # of the image that are looked at, in its middle rows
# Of half-light radii, stars' over the PSF's. SDSS's psFields agree with their fields' stars to 3 %.
TOLERANCE = 0.1
# Of the bright sources those that share the stars' size: galaxies are of all sizes, so that hardly
# a sixth of them does.
LEAST_SHARE = 0.25


def checked_psf(psf: Psf, field: Field, sources: pd.DataFrame) -> Psf:
    """The PSF, doubtful with a note where the field's stars have another half-light radius.

    sources: x, y [pixels]; of a PSF with one a row, that of the nearest is a star's. Fewer than
    eight stars alone, or stars that no crowd of equal size gives away, say nothing; of a PSF that
    was made of the field's stars nothing is asked.
    """
    if psf.stars is not None or not len(sources):
        return psf
    found = stars_of(field)
    if len(found) < ENOUGH_STARS:
        return psf
    apart = np.array([math.log(star.size / told_size(psf, star, sources)) for star in found])
    ratio = math.exp(float(np.median(apart)))
    if abs(ratio - 1) <= TOLERANCE:
        return psf
    doubt = (
        f"the image's {len(found)} stars have {ratio:.2f} times the half-light radius of the PSF: "
        "is it of this image, and of its pixels? --psf auto makes one of the stars"
    )
    return replace(
        psf, doubtful="; ".join(filter(None, [psf.doubtful, doubt])), notes=[*psf.notes, doubt]
    )


class Star(NamedTuple):
    """A star: where it is, and its half-light radius within `reach`; pixels."""

    x: float
    y: float
    size: float
    reach: float


def stars_of(field: Field) -> list[Star]:
    """The isolated stars in the middle rows of a field; none where galaxies may be meant."""
    rows = min(field.shape[0], max(MOST_PIXELS // field.shape[1], 1))
    top = (field.shape[0] - rows) // 2
    try:
        table = detect_rows(field, slice(top, top + rows), Options(threshold=5.0))
    except ImageError:  # a sky that nothing can be detected on is told by others
        return []
    field.release()
    if not len(table):
        return []
    table["y"] += top
    _, reason = select_stars(table, field)
    stars = table[reason == ""]
    bright = (table["snr"] > LEAST_SNR) & (table["size"] > 0.4)
    if not len(stars):
        return []
    middle = math.log(float(stars["size"].median()))
    alike = np.abs(np.log(table.loc[bright, "size"]) - middle) <= LOCUS_WIDTH
    if alike.mean() < LEAST_SHARE:
        return []
    return [
        Star(float(x), float(y), float(size), max(REACH * float(a), 2.0))
        for x, y, size, a in stars[["x", "y", "size", "a"]].to_numpy()
    ]


def told_size(psf: Psf, star: Star, sources: pd.DataFrame) -> float:
    """Half-light radius of the PSF at a star, within the aperture that the star's is within."""
    x, y = (sources[name].to_numpy(np.float64) for name in ("x", "y"))
    apart = np.hypot(x - star.x, y - star.y)
    row = int(np.nanargmin(apart)) if np.isfinite(apart).any() else 0
    stamp: NDArray[np.float32] = np.ascontiguousarray(psf.at(star.x, star.y, row), np.float32)
    centre = (len(stamp) - 1) / 2
    size, _ = sep.flux_radius(stamp, [centre], [centre], [star.reach], 0.5, subpix=5)
    return float(size[0])
