"""Sources: what a scene holds, from the segmentation of a stamp: target, neighbours, masks."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from halflight.classical.guess import guess_shape
from halflight.classical.moments import Moments, light_moments, psf_size
from halflight.classical.segmentation import Segmentation

_MASK_GROWTH = 3  # pixels, of a source that is masked
_EDGE = 3  # pixels: a source whose peak is nearer to the edge cannot be modelled
_BOXES = (32, 48, 64, 80)  # pixels a side, of a neighbour; then the whole stamp
_START_N = 1.5
_LEAST_FLUX = 10.0  # of a first guess, in units of a pixel's noise


@dataclass(frozen=True)
class Neighbour:
    """A source beside the target: its first guess by drawing.SERSIC, and its box."""

    start: NDArray[np.float64]
    top: int
    left: int
    size: int


@dataclass(frozen=True)
class Sources:
    """What a stamp holds.

    target: first guess by drawing.SERSIC. usable: (S, S) bool, pixels that are not masked.
    psf_radius: the PSF's half-light radius, pixels. noise: the median sigma of the usable pixels.
    """

    target: NDArray[np.float64]
    neighbours: tuple[Neighbour, ...]
    usable: NDArray[np.bool_]
    psf_radius: float
    noise: float


def find_sources(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    segmentation: Segmentation,
    *,
    most: int,
) -> Sources:
    """First guesses of the target and of the neighbours that matter most; others are masked.

    Neighbours are ranked by flux over squared distance from the stamp's centre.
    """
    labels, size = segmentation.labels, len(image)
    psf_radius, psf_moments = psf_size(psf, 1.0)
    light = np.where(segmentation.good, image - segmentation.background, 0.0).astype(np.float64)
    usable = segmentation.good.copy()
    found = []
    for label in range(1, int(labels.max(initial=0)) + 1):
        pixels = labels == label
        if label == segmentation.target or not pixels.any():
            continue
        row, column = np.unravel_index(np.argmax(np.where(pixels, image, -np.inf)), labels.shape)
        moments, flux = light_moments(light, pixels, 1.0), float(light[pixels].sum())
        inside = min(row, column, size - 1 - row, size - 1 - column) >= _EDGE
        middle = size / 2.0 - 0.5
        rank = flux / max((row - middle) ** 2 + (column - middle) ** 2, 9.0)
        found.append((rank, label, pixels, moments if inside else None, flux, row, column))
    neighbours: list[Neighbour] = []
    for _, _, pixels, moments, flux, row, column in sorted(found, key=lambda f: (-f[0], f[1])):
        if moments is None or len(neighbours) >= most:
            usable &= ~ndimage.binary_dilation(pixels, iterations=_MASK_GROWTH)
            continue
        variance = 0.5 * max(moments.xx + moments.yy - psf_moments.xx - psf_moments.yy, 0.2)
        start = [
            column,
            row,
            0.5 * math.log(variance),
            0.0,
            0.0,
            math.log(1.3),
            math.log(1.05 * flux),
        ]
        neighbours.append(_boxed(np.array(start), pixels, int(row), int(column), size))
    noise = float(np.median(sigma[usable])) if usable.any() else 1.0
    target = _target(light, segmentation, psf_radius, psf_moments, noise)
    return Sources(target, tuple(neighbours), usable, psf_radius, noise)


def _boxed(
    start: NDArray[np.float64], pixels: NDArray[np.bool_], row: int, column: int, size: int
) -> Neighbour:
    """The box that holds a source with all of its light that shows."""
    rows, columns = np.nonzero(pixels)
    reach = 1.5 * max(np.abs(rows - row).max(), np.abs(columns - column).max()) + 8
    return box_around(start, size, reach=reach)


def box_around(start: NDArray[np.float64], size: int, *, reach: float) -> Neighbour:
    """A neighbour in the smallest box that holds so many pixels about its centre on every side."""
    side = next((box for box in _BOXES if box >= 2 * reach and box < size), size)
    left, top = (min(max(round(at) - side // 2, 0), size - side) for at in start[:2])
    return Neighbour(start, top, left, side)


def _target(
    light: NDArray[np.float64],
    segmentation: Segmentation,
    psf_radius: float,
    psf: Moments,
    noise: float,
) -> NDArray[np.float64]:
    """First guess of the target from the moments and growth curve of its segment."""
    middle = len(light) / 2.0 - 0.5
    pixels, shape = segmentation.labels == segmentation.target, None
    if segmentation.target:
        shape = guess_shape(light, pixels, psf_radius, psf, pixel_scale=1.0, sersic_n=_START_N)
    if shape is None:  # nothing detected: a small faint galaxy at the centre
        near = slice(int(middle) - 7, int(middle) + 9)
        flux = max(float(light[near, near].sum()), _LEAST_FLUX * noise)
        return np.array(
            [middle, middle, math.log(3.0), 0.0, 0.0, math.log(_START_N), math.log(flux)]
        )
    shape[:2] += middle
    return np.append(shape, math.log(1.1 * max(float(light[pixels].sum()), _LEAST_FLUX * noise)))
