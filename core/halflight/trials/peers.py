"""Peers: what statmorph and photutils find on a stamp, as their own documentation runs them.

They come with `pip install '.[compare]'`; `missing` says which are not there.
"""

import math
import warnings
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("photutils", "statmorph")
THRESHOLD, LEAST_AREA = 1.5, 5  # sigmas of a pixel and pixels, of a source
LEVELS, CONTRAST = 32, 0.005  # of deblending
NEAREST = 4.0  # pixels from the centre within which the source is looked for

Image = NDArray[np.floating]


class Shape(NamedTuple):
    """Lengths in pixels; what a method does not tell is NaN.

    radius: half-light radius, as the method defines it. major, minor: rms of the light along its
    axes, seeing included. good: whether the method itself stands by its numbers.
    """

    radius: float
    major: float = math.nan
    minor: float = math.nan
    good: bool = True


NOTHING = Shape(math.nan, good=False)


def missing() -> list[str]:
    """The packages that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def segmented(image: Image, sigma: Image) -> tuple[Any, int]:
    """photutils' deblended segmentation of a stamp (S, S), and the label of its target, 0: none.

    image: its sky taken off; bad pixels are NaN in it, or not finite in sigma.
    """
    from photutils.segmentation import SourceFinder

    bad = _bad(image, sigma)
    finder = SourceFinder(
        n_pixels=LEAST_AREA, n_levels=LEVELS, contrast=CONTRAST, progress_bar=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a stamp shows no source is an answer
        found = finder(
            np.where(bad, 0.0, image), THRESHOLD * np.where(bad, np.inf, sigma), mask=bad
        )
    if found is None:
        return None, 0
    centre = len(image) / 2 - 0.5
    rows, columns = np.nonzero(found.data)
    apart = np.hypot(rows - centre, columns - centre)
    nearest = int(apart.argmin())
    label = int(found.data[rows[nearest], columns[nearest]])
    return found, label if apart[nearest] <= NEAREST else 0


def photutils_radius(image: Image, sigma: Image) -> Shape:
    """The circle that holds half of the Kron flux, seeing included, of `SourceCatalog`."""
    from photutils.segmentation import SourceCatalog

    found, label = segmented(image, sigma)
    if label == 0:
        return NOTHING
    bad = _bad(image, sigma)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a radius that is NaN
        one = SourceCatalog(np.where(bad, 0.0, image), found, mask=bad)[found.get_index(label)]
        lengths = one.flux_radius(0.5), one.semimajor_axis, one.semiminor_axis
    radius, major, minor = (float(np.squeeze(getattr(each, "value", each))) for each in lengths)
    return Shape(radius, major, minor)


def statmorph_radii(image: Image, sigma: Image, psf: Image) -> tuple[Shape, Shape]:
    """statmorph's PSF-convolved Sersic fit (R_e), and its elliptical half-light radius with seeing.

    image, sigma: (S, S). psf: (P, P), P odd, sum 1. Both radii are semi-major axes. A result is
    good where statmorph's flag is below 2 and, of the fit, flag_sersic is 0.
    """
    import statmorph

    found, label = segmented(image, sigma)
    if label == 0:
        return NOTHING, NOTHING
    bad = _bad(image, sigma)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells by its flags, too
        morphology = statmorph.SourceMorphology(
            np.where(bad, 0.0, image).astype(np.float64),
            found,
            label,
            mask=bad,
            weightmap=np.where(bad, np.nanmax(np.where(bad, np.nan, sigma)), sigma),
            psf=np.asarray(psf, np.float64),
        )
    known = morphology.flag < 2
    fit = Shape(_positive(morphology.sersic_rhalf), good=morphology.flag_sersic == 0 and known)
    return fit, Shape(_positive(morphology.rhalf_ellip), good=known)


def _positive(radius: float) -> float:
    """A radius, NaN where statmorph's -99 stands for none."""
    return float(radius) if radius > 0 else math.nan


def _bad(image: Image, sigma: Image) -> NDArray[np.bool_]:
    return ~(np.isfinite(image) & np.isfinite(sigma))
