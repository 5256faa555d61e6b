"""Inputs: the stamps that an estimator takes - shapes, instrument, sizes of PSFs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import Instrument
from halflight.prepare import Preparation
from halflight.psf import psf_half_light_radius

SEEING = "r"  # the band in which SDSS tells its seeing


def with_bands(array: NDArray[Any], bands: Sequence[str]) -> NDArray[Any]:
    """Stamps with an axis of bands, which those of a single one may lack."""
    return array[..., np.newaxis] if len(bands) == 1 and array.ndim == 3 else array


def by_band(array: NDArray[Any], given: Sequence[str], wanted: Sequence[str]) -> NDArray[Any]:
    """Stamps (n, side, side, given) with the wanted bands; NaN in those that are not given."""
    if tuple(given) == tuple(wanted) or array.ndim != 4 or array.shape[-1] != len(given):
        return array
    native = np.ma.filled(array.astype(np.float32), np.nan)
    filled = np.full((*array.shape[:-1], len(wanted)), np.nan, np.float32)
    for number, band in enumerate(given):
        filled[..., wanted.index(band)] = native[..., number]
    return filled


def check_bands(instrument: Instrument, *, like: Instrument) -> None:
    """Refuse stamps of a band, or with PSFs made, otherwise than those that were learnt from.

    Raises:
        ValueError: they are; the message names both.
    """
    strangers = [band for band in instrument.bands if band not in like.bands]
    if strangers or instrument.psf != like.psf:
        raise ValueError(
            f"this estimator takes any of the bands {', '.join(like.bands)} and {like.psf} PSFs; "
            f"those of {instrument.name} are {', '.join(instrument.bands)} and {instrument.psf}"
        )


def check_instrument(instrument: Instrument, *, like: Instrument) -> None:
    """Refuse stamps of as many bands, or of PSFs made, otherwise than those that were learnt from.

    Raises:
        ValueError: they are; the message names both.
    """
    if len(instrument.bands) != len(like.bands) or instrument.psf != like.psf:
        raise ValueError(
            f"this estimator measures stamps of {len(like.bands)} band(s) and {like.psf} PSFs; "
            f"those of {instrument.name} have {len(instrument.bands)} "
            f"({', '.join(instrument.bands)}) and {instrument.psf} PSFs"
        )


def check_shapes(
    image: NDArray[Any],
    sigma: NDArray[Any],
    psf: NDArray[Any],
    *,
    bands: Sequence[str],
    preparation: Preparation,
) -> None:
    """Refuse stamps from whose middle the preparation cannot cut what a network sees.

    Raises:
        ValueError: an array has another shape; the message names it.
    """
    for name, array, size, parity in (
        ("image", image, preparation.stamp_size, "even"),
        ("sigma", sigma, preparation.stamp_size, "even"),
        ("psf", psf, preparation.psf_size, "odd"),
    ):
        side = array.shape[1] if array.ndim == 4 else 0
        fits = array.ndim == 4 and array.shape[1:] == (side, side, len(bands))
        if not fits or side < size or (side - size) % 2 or len(array) != len(image):
            raise ValueError(
                f"{name} must be ({len(image)}, side, side, {len(bands)}) with an {parity} side of "
                f"at least {size} pixels, a band each of {', '.join(bands)}; received {array.shape}"
            )


def seeing_band(bands: Sequence[str]) -> int:
    """The number of the band whose PSF stands for all in tables: r, or the first."""
    return bands.index(SEEING) if SEEING in bands else 0


def psf_sizes(psf: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Half-light radius (pixels) of each PSF (n, P, P); NaN where it is not usable (n,).

    Infinite where there is none inside the stamp: as broad as none that was learnt from.
    """
    sizes = np.full(len(psf), np.nan)
    for row in np.flatnonzero(usable):
        try:
            sizes[row] = psf_half_light_radius(psf[row], pixel_scale=1.0)
        except ValueError:
            sizes[row] = np.inf
    return sizes
