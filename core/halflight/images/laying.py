"""Laying: stamps with an axis of bands, each on the pixels of the reference at the source."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images.bands import called
from halflight.images.cutouts import CORE, Cutouts, cutouts, ring_sky
from halflight.images.errors import ImageError
from halflight.images.field import Field, Pixels
from halflight.images.psfs import Psf
from halflight.instrument import ZERO_POINT
from halflight.quality import FLAGS
from halflight.reading import name_of

LARGEST_TURN = 0.1  # pixels that a stamp's corner may be off when a band is only shifted


def cutouts_of_bands(
    bands: Mapping[str, Field],
    psfs: Mapping[str, Psf],
    sources: pd.DataFrame,
    places: Mapping[str, NDArray[np.float64]],
    *,
    size: int,
    chunk: int = 64,
) -> Iterator[Cutouts]:
    """The stamps of the sources whose status is "", with an axis of bands, the reference first.

    As `cutouts`, but never binned, and in nanomaggies: image and sigma (n, S, S, bands), psf
    (n, P, P, bands). Another band's pixels are interpolated at the places of the reference's own by
    `halflight.surveys.registration`, as a survey's are; what it does not hold is NaN and infinite.

    Raises:
        ImageError: as `cutouts`; and for a band that is turned against the reference.
    """
    first, *others = bands
    doubtful = any(psf.doubtful for psf in psfs.values())
    flags = FLAGS["psf_doubtful"] * doubtful
    for field in bands.values():
        flags |= field.flags & ~FLAGS["no_orientation"]  # a class has no angle
    for cut in cutouts(bands[first], sources, psfs[first], size=size, chunk=chunk, most_binning=1):
        rows, centre = cut.rows, size / 2 - 0.5
        own = places[first][rows]
        corner = np.rint(own - centre - np.stack([cut.dx, cut.dy], axis=1))
        parts = [_in_nanomaggies(bands[first], cut.image, cut.sigma)]
        points = [cut.psf]
        saturated = np.zeros(len(rows), bool)
        for band in others:
            at = _stamp_places(bands[first], bands[band], corner, size)
            laid = [_laid(bands[band], band, where, size) for where in at]
            image, sigma = (np.stack([each[k] for each in laid]) for k in (0, 1))
            saturated |= np.array([full for _, _, full in laid])
            parts.append(_in_nanomaggies(bands[band], image, sigma))
            points.append(_points(psfs[band], places[band][rows], rows))
        # What a probability of a star says itself is not held against it.
        own_flags = (cut.flags & ~(FLAGS["unresolved"] | FLAGS["no_orientation"])) | flags
        yield replace(
            cut,
            image=np.stack([image for image, _ in parts], axis=-1),
            sigma=np.stack([sigma for _, sigma in parts], axis=-1),
            psf=np.stack(points, axis=-1),
            flags=own_flags | np.where(saturated, FLAGS["saturated"], 0),
        )
        for band in others:
            bands[band].release()


class _Places(NamedTuple):
    """Stands for two maps of the sky where the place of each of a stamp's pixels is known."""

    columns: NDArray[np.float64]
    rows: NDArray[np.float64]

    def wcs_pix2world(self, column: Any, row: Any, _first: int) -> tuple[Any, Any]:
        return column, row

    def wcs_world2pix(self, column: Any, row: Any, _first: int) -> tuple[Any, Any]:
        return self.columns[column], self.rows[row]


class _Window(NamedTuple):
    """A part of a field as `surveys.registration.register` reads a frame."""

    name: str
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    wcs: _Places


def _laid(
    field: Field, band: str, at: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], bool]:
    """Image and sigma of a band at a stamp's pixels, and whether the source's are full.

    at: x and y in the field of the first, the middle and the last pixel of each axis, (3, 3, 2).
    """
    from halflight.surveys.registration import PAD, register  # late: it loads astroquery

    shape = (size, size)
    nothing = np.full(shape, np.nan, np.float32), np.full(shape, np.inf, np.float32), False
    if not np.isfinite(at).all():
        return nothing
    columns, rows = at[..., 0].mean(axis=0), at[..., 1].mean(axis=1)
    turn = max(np.abs(at[..., 0] - columns).max(), np.abs(at[..., 1] - rows[:, np.newaxis]).max())
    if turn > LARGEST_TURN:
        raise ImageError(
            f"{called(field, band)} is turned against the reference by {turn:.2f} pixels over a "
            f"stamp of {size}, where {LARGEST_TURN} is the most: resample it on the reference's"
        )
    x, y = (_between(each, size) for each in (columns, rows))
    low = [int(np.floor(each.min())) - PAD for each in (y, x)]
    high = [int(np.ceil(each.max())) + PAD + 1 for each in (y, x)]
    inside = [
        slice(min(max(start, 0), side), max(min(end, side), 0))
        for start, end, side in zip(low, high, field.shape, strict=True)
    ]
    if any(part.start >= part.stop for part in inside):
        return nothing
    pixels = field.read(*inside)
    window = _Window(
        name_of(field.path),
        pixels.image,
        pixels.sigma,
        _Places(x - inside[1].start, y - inside[0].start),
    )
    image, sigma = register(cast(Any, window), cast(Any, window.wcs), 0, 0, size)
    if field.subtracted == "local":
        image = image - np.float32(ring_sky(image))
    return image, sigma, _full(pixels, window.wcs, size)


def _full(pixels: Pixels, places: _Places, size: int) -> bool:
    """Whether a pixel about the middle of the stamp is full."""
    row, column = (round(float(each[size // 2])) for each in (places.rows, places.columns))
    near = (slice(max(at - CORE, 0), max(at + CORE, 0)) for at in (row, column))
    return bool(pixels.saturated[tuple(near)].any())


def _between(three: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Values at each of `size` pixels of the parabola through the first, middle and last one's."""
    t = np.linspace(-1.0, 1.0, size)
    first, middle, last = three
    return np.asarray(middle + 0.5 * (last - first) * t + (0.5 * (first + last) - middle) * t**2)


def _stamp_places(
    reference: Field, field: Field, corner: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Where stamps' first, middle and last rows and columns lie in a field, (n, 3, 3, 2) as x, y.

    corner: x and y of each stamp's first pixel in the reference, (n, 2).
    """
    assert reference.sky is not None
    assert field.sky is not None  # `checked_bands` refuses it
    steps = np.array([0.0, (size - 1) / 2, size - 1])
    x = (corner[:, 0, np.newaxis, np.newaxis] + steps + 0 * steps[:, np.newaxis]).ravel()
    y = (corner[:, 1, np.newaxis, np.newaxis] + steps[:, np.newaxis] + 0 * steps).ravel()
    return field.sky.pixels(*reference.sky.sky(x, y).T).reshape(-1, 3, 3, 2)


def _points(psf: Psf, places: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The PSF at each source, (n, P, P); NaN where the source has no place."""
    nothing = np.full((psf.size, psf.size), np.nan)
    return np.stack(
        [
            psf.at(x, y, int(row)) if np.isfinite(x + y) else nothing
            for (x, y), row in zip(places, rows, strict=True)
        ]
    ).astype(np.float32)


def _in_nanomaggies(
    field: Field, image: NDArray[np.float32], sigma: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels of a field's unit in nanomaggies."""
    assert field.zero_point is not None  # `checked_bands` refuses it
    factor = np.float32(10 ** (0.4 * (ZERO_POINT - field.zero_point)))
    return image * factor, sigma * factor
