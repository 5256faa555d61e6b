"""Inputs: the stamps that an estimator takes - shapes, instrument, sizes of PSFs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import Instrument
from halflight.prepare import Preparation, view
from halflight.psf import psf_half_light_radius


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


def fitted(
    image: NDArray[Any],
    sigma: NDArray[Any],
    psf: NDArray[Any],
    extinction: NDArray[Any] | None,
    camera: Instrument,
    *,
    like: Instrument,
    preparation: Preparation,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Image, sigma, PSF and extinction of a camera, with the bands that were learnt from.

    NaN stands in bands that it lacks, and for dust of which nothing is known.

    Raises:
        ValueError: an instrument or a shape that does not fit, named.
    """
    given = camera.bands
    if preparation.by_band:
        check_bands(camera, like=like)
    else:
        check_instrument(camera, like=like)
    image, sigma, psf = (with_bands(array, given) for array in (image, sigma, psf))
    check_shapes(image, sigma, psf, bands=given, preparation=preparation)
    shape = (len(image), len(given))
    dust = np.full(shape, np.nan) if extinction is None else np.asarray(extinction, np.float64)
    if dust.shape != shape:
        raise ValueError(f"extinction must be {shape}, a band each; received {dust.shape}")
    if preparation.by_band:
        image, sigma, psf = (by_band(array, given, like.bands) for array in (image, sigma, psf))
        dust = by_band(dust[:, np.newaxis, np.newaxis], given, like.bands)[:, 0, 0]
    return image, sigma, psf, dust


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


def usable_psfs(psf: NDArray[Any], *, every_band: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """PSFs (n, P, P, bands) float32, 0 where they are none, and which are some (n, bands).

    Some is: finite, with light. Where `every_band` is needed, one that is none leaves none.
    """
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and so no PSF
        points = np.ma.filled(psf, np.nan).astype(np.float32)
    light = points.sum(axis=(1, 2), dtype=np.float64)
    there = np.isfinite(points).all(axis=(1, 2)) & (light > 0)
    if every_band:
        there[:] = there.all(axis=1, keepdims=True)
    return np.where(there[:, np.newaxis, np.newaxis], points, np.float32(0)), there


def viewed(prepared: Mapping[str, NDArray[Any]], number: int) -> dict[str, NDArray[Any]]:
    """A network's inputs by name, in one of the views of `halflight.prepare.view`."""
    return {
        name: np.ascontiguousarray(view(array, number, moved=name == "image"))
        for name, array in prepared.items()
    }
