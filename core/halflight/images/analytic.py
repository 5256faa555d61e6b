"""Round profiles that stand for a PSF of which only the width is known."""

import re

import numpy as np
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.text import shown

HELP = (
    "--psf FILE.fits, gaussian:FWHM, moffat:FWHM:BETA (a FWHM of the image, as 1.2arcsec or 3.1px) "
    "or auto"
)
BETA = 3.0  # of a Moffat's wings where none is given: SDSS and DECam stars have 2.5 to 4.5
_WIDTH = re.compile(r"(gaussian|moffat):([0-9.eE+-]+) ?(arcsec|\"|px|pix|pixels?)(?::([0-9.]+))?")


def profile_of(
    text: str, pixel_scale: float | None, size: int
) -> tuple[NDArray[np.float64], list[str]]:
    """The stamp (size, size) of "gaussian:1.2arcsec" or "moffat:3.1px:2.5", and what is unknown.

    The width is that of stars in the image, the pixel's response included, so the profile is taken
    at the pixels' centres.

    Raises:
        ImageError: the text is not understood, or arcsec are given where no scale is known.
    """
    match = _WIDTH.fullmatch(text.strip().lower())
    if match is None:
        raise ImageError(f"--psf {shown(text)} is not understood: {HELP}")
    kind, unit, beta = match[1], match[3], match[4]
    try:
        width, wings = float(match[2]), float(beta or BETA)
    except ValueError as error:
        raise ImageError(f"--psf {shown(text)} is not understood: {HELP}") from error
    if unit in ("arcsec", '"'):
        if pixel_scale is None:
            raise ImageError(
                f"--psf {text} is in arcsec, and nothing says how large a pixel is: --pixel-scale, "
                "or a width in px"
            )
        width /= pixel_scale
    if not 0.5 <= width <= size / 2:
        raise ImageError(
            f"--psf {text} is {width:.3g} pixels wide: 0.5 to {size / 2:g} are possible"
        )
    if kind == "gaussian" and beta is not None:
        raise ImageError(f"--psf {text}: a Gaussian has no beta")
    if kind == "moffat" and not 1 < wings < 100:
        raise ImageError(f"--psf {text}: beta must be above 1 and below 100")
    stamp = gaussian(width, size) if kind == "gaussian" else moffat(width, wings, size)
    notes = [f"the PSF is a round {kind} of {width:.3g} pixels: its true shape is not known"]
    if kind == "moffat" and beta is None:
        notes.append(f"the Moffat's beta was not given: {BETA:g}")
    return stamp, notes


def gaussian(fwhm: float, size: int) -> NDArray[np.float64]:
    """A round Gaussian of this full width at half maximum in pixels, (size, size), the sum 1."""
    r2 = _radius_squared(size)
    light = np.exp(-4 * np.log(2) * r2 / fwhm**2)
    return np.asarray(light / light.sum())


def moffat(fwhm: float, beta: float, size: int) -> NDArray[np.float64]:
    """A round Moffat profile (Moffat 1969, A&A 3, 455): (1 + (r / a)^2)^-beta, the sum 1."""
    a2 = fwhm**2 / 4 / (2 ** (1 / beta) - 1)
    light = (1 + _radius_squared(size) / a2) ** -beta
    return np.asarray(light / light.sum())


def _radius_squared(size: int) -> NDArray[np.float64]:
    steps = np.arange(size) - size // 2
    return np.asarray(steps**2 + steps[:, np.newaxis] ** 2, np.float64)
