"""Second moments and circular growth curves: the plain measurements that the others start from."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.kernels.scene.growth import light_in_rings
from halflight.psf import psf_offset
from halflight.quality import PSF_OFFSET_TOLERANCE

_SUBPIXELS = 5  # each pixel counts as 5 x 5 smaller ones of equal light, as in SExtractor


class PsfError(ValueError):
    """A PSF stamp that cannot be used; the message says what is wrong with its values."""


@dataclass(frozen=True)
class Moments:
    """Light-weighted mean and covariance of some pixels, arcsec from the stamp centre.

    xx, yy, xy: arcsec^2. major, minor: the standard deviations along the axes (arcsec), from
    Bertin & Arnouts 1996 (SExtractor's A and B). position_angle: radians.
    """

    x: float
    y: float
    xx: float
    yy: float
    xy: float

    @property
    def major(self) -> float:
        """Standard deviation along the major axis, arcsec."""
        return math.sqrt(max(0.5 * (self.xx + self.yy) + self._half_split, 0.0))

    @property
    def minor(self) -> float:
        """Standard deviation along the minor axis, arcsec."""
        return math.sqrt(max(0.5 * (self.xx + self.yy) - self._half_split, 0.0))

    @property
    def position_angle(self) -> float:
        """Direction of the major axis, radians from +x towards +y."""
        return 0.5 * math.atan2(2.0 * self.xy, self.xx - self.yy)

    @property
    def _half_split(self) -> float:
        return math.hypot(0.5 * (self.xx - self.yy), self.xy)


def coordinates(size: int, pixel_scale: float) -> NDArray[np.float64]:
    """Offset of each column (or row) of a stamp from its centre, arcsec, (size,)."""
    return np.asarray((np.arange(size) - (size / 2.0 - 0.5)) * pixel_scale, dtype=np.float64)


def light_moments(
    light: NDArray[np.floating], pixels: NDArray[np.bool_], pixel_scale: float
) -> Moments | None:
    """Moments of the chosen pixels of a background-subtracted image; None without positive light.

    light: (S, S) nmgy. pixels: (S, S) bool. A variance is at least that of one pixel.
    """
    weight = np.where(pixels, light, 0.0).astype(np.float64)
    total = float(weight.sum())
    if not total > 0.0:
        return None
    offset = coordinates(light.shape[0], pixel_scale)
    columns, rows = weight.sum(axis=0) / total, weight.sum(axis=1) / total
    x, y = float(columns @ offset), float(rows @ offset)
    dx, dy = offset - x, offset - y
    floor = pixel_scale**2 / 12.0
    return Moments(
        x=x,
        y=y,
        xx=max(float(columns @ dx**2), floor),
        yy=max(float(rows @ dy**2), floor),
        xy=float(dy @ weight @ dx) / total,
    )


def half_light_aperture(
    light: NDArray[np.floating], *, x: float, y: float, total: float, pixel_scale: float
) -> float:
    """Radius (arcsec) of the circle round (x, y) that holds half of `total`; NaN when none does.

    light: (S, S) background-subtracted and free of neighbours; x, y: arcsec from its centre.
    """
    size, step = light.shape[0], pixel_scale / _SUBPIXELS
    centre = size / 2.0 - 0.5
    farthest = math.hypot(
        *(abs(at) / pixel_scale + 0.5 * size for at in (x, y))  # a corner, whichever it is
    )
    rings = np.zeros(int(farthest * _SUBPIXELS) + 1)
    light_in_rings(rings, light, x / pixel_scale + centre, y / pixel_scale + centre, _SUBPIXELS)
    growth = np.concatenate([[0.0], np.cumsum(rings)])
    reached = np.flatnonzero(growth >= 0.5 * total)
    if not total > 0.0 or reached.size == 0:
        return math.nan
    outer = int(reached[0])  # growth[0] = 0 < total / 2, so outer >= 1
    inside, here = growth[outer - 1], growth[outer]
    return float(step * (outer - 1 + (0.5 * total - inside) / (here - inside)))


def check_psf(psf: NDArray[np.floating]) -> None:
    """Raise ValueError for a PSF of the wrong shape, PsfError for one of unusable values."""
    if psf.ndim != 2 or psf.shape[0] != psf.shape[1] or psf.shape[0] % 2 == 0:
        raise ValueError(f"psf must be a square array of odd size, got shape {psf.shape}")
    if not np.all(np.isfinite(psf)):
        raise PsfError("the PSF holds values that are not finite")
    total = float(psf.sum(dtype=np.float64))
    if not abs(total - 1.0) < 1e-2:
        raise PsfError(f"the PSF must sum to 1, got {total:.4f}")


def check_centred(psf: NDArray[np.floating]) -> None:
    """Raise PsfError for a PSF whose light does not lie round its middle pixel."""
    offset = float(psf_offset(psf[np.newaxis])[0])
    if offset > PSF_OFFSET_TOLERANCE:
        raise PsfError(f"the PSF lies {offset:.1f} pixels from its middle pixel: centre it")


def psf_size(psf: NDArray[np.floating], pixel_scale: float) -> tuple[float, Moments]:
    """Half-light radius (arcsec) of a PSF stamp about its middle, and its moments.

    The moments weigh the pixels above 1 % of the peak, so that noise in the wings stays out.
    Raises as check_psf does.
    """
    check_psf(psf)
    radius = half_light_aperture(psf, x=0.0, y=0.0, total=1.0, pixel_scale=pixel_scale)
    moments = light_moments(psf, psf > 0.01 * psf.max(), pixel_scale)
    assert moments is not None  # a sum of 1 has positive pixels
    return radius, moments
