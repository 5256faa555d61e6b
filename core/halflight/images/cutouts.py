"""Stamps of a field's sources, a chunk at a time: pixels, sigma, PSF, flags, scale, orientation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from halflight.images.errors import ImageError
from halflight.images.field import Field, Pixels
from halflight.images.psfs import Psf, open_psf
from halflight.images.resampling import resampled
from halflight.images.surroundings import Surroundings, is_point, look_round
from halflight.psf import psf_fwhm
from halflight.quality import FLAGS

MOST_BINNING = 16  # a stamp of 96 pixels then shows 1536 of the image's
LEAST_SIDE = 8  # pixels of a stamp
SKY_RING = 8  # the border whose median is a stamp's own sky is an eighth of its side wide
CORE = 4  # pixels from the centre within which a source without a detection is masked or full
CLIP, CLIPS = 3.0, 5  # of a sky's median: deviations kept, and how often
# Pixels of a PSF's full width, and of the rms along a galaxy's axis, that wider pixels must leave.
# Of a galaxy in finer and therefore noisier pixels less is seen, and its radius comes out small.
LEAST_FWHM, LEAST_AXIS = 1.75, 4.0


@dataclass(frozen=True)
class Cutouts:
    """A chunk of stamps, n of them, in the instrument's unit; of several bands with a last axis.

    Attributes:
        rows: (n,) of the table of sources.
        image, sigma: (n, S, S) float32; bad pixels, and those beyond the image, NaN and infinite.
        psf: (n, P, P) float32, the sum 1, centred on the middle pixel, of the stamp's pixels.
        flags: (n,) bits of `halflight.quality.FLAGS`.
        binning: (n,) image pixels along the side of one of the stamp's.
        pixel_scale: (n,) arcsec of one pixel *of the stamp*, there; NaN if unknown.
        rotation, parity: (n,) position angle east of north = rotation + parity * angle, of an angle
            in degrees from the stamp's +x towards +y; NaN and 0 if unknown.
        dx, dy: (n,) of the source's position from the stamp's centre, in the stamp's pixels.
        neighbours: (n,) other sources of the table within the stamp.
    """

    rows: NDArray[np.int64]
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    psf: NDArray[np.float32]
    flags: NDArray[np.int64]
    binning: NDArray[np.int64]
    pixel_scale: NDArray[np.float64]
    rotation: NDArray[np.float64]
    parity: NDArray[np.int64]
    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    neighbours: NDArray[np.int64]


def cutouts(
    field: Field,
    sources: pd.DataFrame,
    psf: Any,
    *,
    size: int = 96,
    chunk: int = 256,
    most_binning: int = MOST_BINNING,
) -> Iterator[Cutouts]:
    """The stamps of the sources whose status is "", from the image's first row to its last.

    psf: a `Psf`, or what `open_psf` makes one of.

    A stamp is `size` pixels a side, even, and its centre (size / 2 - 0.5) the nearest to the
    source: never resampled. One too small for its galaxy is cut twice as wide, and again, and its
    pixels summed in squares of as many, up to `most_binning`: sums of the image, roots of summed
    squares of sigma, the PSF of the wider pixel. So is one whose galaxy is large in pixels that
    sample the PSF finely: see `LEAST_AXIS`. Rows of sources that have a status do not occur: see
    `unmeasured_flags`. The memory taken is that of a chunk and the image's rows it lies in.

    Raises:
        ImageError: a size that is odd or too small; a PSF that fails somewhere.
    """
    if size < LEAST_SIDE or size % 2:
        raise ImageError(f"size must be even and {LEAST_SIDE} or more, received {size}")
    psf = open_psf(psf, field, sources)
    good = np.flatnonzero(sources["status"].to_numpy() == "")
    x, y = (sources[name].to_numpy(np.float64) for name in ("x", "y"))
    order = good[np.argsort(y[good], kind="stable")]
    for start in range(0, len(order), chunk):
        rows = order[start : start + chunk]
        stamps = [_stamp(field, psf, x[row], y[row], int(row), size, most_binning) for row in rows]
        binning = np.array([each.binning for each in stamps], np.int64)
        scale, rotation, parity = field.scale_and_orientation(x[rows], y[rows])
        pixels = psf.size
        yield Cutouts(
            rows.astype(np.int64),
            np.stack([each.image for each in stamps]),
            np.stack([each.sigma for each in stamps]),
            np.stack([each.psf for each in stamps]).reshape(-1, pixels, pixels),
            np.array([each.flags for each in stamps], np.int64) | field.flags,
            binning,
            scale * binning,
            rotation,
            parity,
            np.array([each.dx for each in stamps]),
            np.array([each.dy for each in stamps]),
            _neighbours(x, y, good, rows, binning * size / 2),
        )
        field.release()


def unmeasured_flags(field: Field, sources: pd.DataFrame) -> NDArray[np.int64]:
    """Flags of every row: `no_pixels` and the field's where it cannot be measured, 0 elsewhere."""
    lost = sources["status"].to_numpy() != ""
    return np.where(lost, FLAGS["no_pixels"] | FLAGS["not_measured"] | field.flags, 0)


@dataclass(frozen=True)
class _Stamp:
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    psf: NDArray[np.float32]
    flags: int
    binning: int
    dx: float
    dy: float


@dataclass(frozen=True)
class _View:
    """A window of the image in pixels of a binning, the sky beneath one, and the source in it."""

    pixels: Pixels
    edge: bool
    binning: int
    level: np.float32
    around: Surroundings
    dx: float
    dy: float


def _view(field: Field, x: float, y: float, size: int, binning: int) -> _View:
    wide = size * binning
    left, top = (int(np.floor(at - (wide / 2 - 0.5) + 0.5)) for at in (x, y))
    pixels, edge = _window(field, top, left, wide)
    pixels = _binned(pixels, binning)
    dx, dy = ((at - low - (wide / 2 - 0.5)) / binning for at, low in ((x, left), (y, top)))
    centre = size / 2 - 0.5
    # A sky that is left in would make of every stamp one large source.
    level = np.float32(field.level(x, y) * binning**2)
    around = look_round(pixels.image - level, pixels.sigma, centre + dx, centre + dy)
    return _View(pixels, edge, binning, level, around, dx, dy)


def _as_wide_as_needed(
    field: Field, x: float, y: float, size: int, fwhm: float, most_binning: int
) -> _View:
    """The view of a source that shows its sky; fwhm: of the PSF, pixels of the image."""
    largest = min(most_binning, _power_of_two(-(-max(field.shape) // size)))
    binning = 1
    # A sky that is left in would pass for a large galaxy in wider pixels.
    while field.subtracted != "local" and binning < largest and fwhm >= 2 * binning * LEAST_FWHM:
        binning *= 2
    view = _view(field, x, y, size, binning)
    while view.binning > 1 and (view.edge or view.around.axis < LEAST_AXIS):
        view = _view(field, x, y, size, view.binning // 2)
    while view.around.too_large() and view.binning < largest:
        view = _view(field, x, y, size, 2 * view.binning)
    return view


def _stamp(
    field: Field, psf: Psf, x: float, y: float, row: int, size: int, most_binning: int
) -> _Stamp:
    """The stamp of one source, as wide as it needs."""
    point = psf.at(x, y, row)
    fwhm = _fwhm(point)
    view = _as_wide_as_needed(field, x, y, size, fwhm, most_binning)
    pixels, around, binning = view.pixels, view.around, view.binning
    image = pixels.image
    if field.subtracted == "local":
        image = image - np.float32(ring_sky(image))
    if binning > 1:
        point = resampled(point, binning, psf.size)
        point = point / point.sum()
    flags = _flags(pixels, around, view.edge)
    if psf.doubtful:
        flags |= FLAGS["psf_doubtful"]
    sampled = binning == 1 or fwhm >= LEAST_FWHM * binning
    if around.found and not around.too_large() and sampled:
        seen = pixels.image - view.level
        if is_point(seen, pixels.sigma, point, fwhm / binning, around.x, around.y):
            flags |= FLAGS["unresolved"]
    return _Stamp(image, pixels.sigma, point.astype(np.float32), flags, binning, view.dx, view.dy)


def _window(field: Field, top: int, left: int, wide: int) -> tuple[Pixels, bool]:
    """A square window; what lies beyond the image is bad. Also whether anything does."""
    rows, columns = field.shape
    low, high = max(top, 0), min(top + wide, rows)
    first, last = max(left, 0), min(left + wide, columns)
    inner = field.read(slice(low, high), slice(first, last))
    if inner.image.shape == (wide, wide):
        return inner, False
    image = np.full((wide, wide), np.nan, np.float32)
    sigma = np.full((wide, wide), np.inf, np.float32)
    saturated = np.zeros((wide, wide), bool)
    at = np.s_[low - top : high - top, first - left : last - left]
    image[at], sigma[at], saturated[at] = inner.image, inner.sigma, inner.saturated
    return Pixels(image, sigma, saturated), True


def _binned(pixels: Pixels, by: int) -> Pixels:
    """Sums of the image in squares of `by` pixels, sigma in quadrature.

    A square with bad pixels holds the mean of its good ones times its area, with the error of that;
    one that is half bad or more is bad.
    """
    if by == 1:
        return pixels
    side = len(pixels.image) // by

    def sums(array: NDArray[np.float64]) -> NDArray[np.float64]:
        return array.reshape(side, by, side, by).sum(axis=(1, 3))

    good = np.isfinite(pixels.image) & np.isfinite(pixels.sigma)
    count = sums(good.astype(np.float64))
    usable = count > by**2 / 2
    share = np.divide(by**2, count, out=np.full_like(count, np.nan), where=usable)
    image = sums(np.where(good, pixels.image, 0.0).astype(np.float64)) * share
    sigma = np.sqrt(sums(np.where(good, pixels.sigma, 0.0).astype(np.float64) ** 2)) * share
    full = sums(pixels.saturated.astype(np.float64)) > 0
    return Pixels(
        np.where(usable, image, np.nan).astype(np.float32),
        np.where(usable, sigma, np.inf).astype(np.float32),
        full,
    )


def _flags(pixels: Pixels, around: Surroundings, edge: bool) -> int:
    """What a stamp's own pixels and neighbours say against it."""
    size = len(pixels.image)
    near = slice(max(size // 2 - CORE, 0), size // 2 + CORE)
    bad = ~np.isfinite(pixels.image)
    # Bad pixels leave holes in a source.
    own = binary_fill_holes(around.pixels) if bad.any() else around.pixels.copy()
    own[near, near] = True
    which = {
        "edge": edge,
        "masked": (bad & own & ~pixels.saturated).any(),
        "saturated": (pixels.saturated & own).any(),
        "neighbour": around.merged,
        "larger_than_stamp": around.too_large(),
    }
    return sum(FLAGS[name] for name, applies in which.items() if applies)


def _fwhm(psf: NDArray[np.float64]) -> float:
    """Full width at half maximum in pixels; of a PSF that never falls to half, its side."""
    try:
        return psf_fwhm(psf, 1.0)
    except ValueError:
        return float(len(psf))


def ring_sky(image: NDArray[np.float32]) -> float:
    """The clipped median of a stamp's border, 0 where no pixel of it is good."""
    width = max(len(image) // SKY_RING, 1)
    ring = np.ones(image.shape, bool)
    ring[width:-width, width:-width] = False
    values = image[ring & np.isfinite(image)].astype(np.float64)
    for _ in range(CLIPS):
        if not len(values):
            return 0.0
        middle = np.median(values)
        spread = 1.4826 * np.median(np.abs(values - middle))
        values = values[np.abs(values - middle) <= CLIP * spread]
    return float(np.median(values)) if len(values) else 0.0


def _neighbours(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    good: NDArray[np.int64],
    rows: NDArray[np.int64],
    reach: NDArray[np.float64],
) -> NDArray[np.int64]:
    """How many other sources of the table lie within each stamp."""
    near = good[(y[good] >= (y[rows] - reach).min()) & (y[good] <= (y[rows] + reach).max())]
    apart = np.maximum(
        np.abs(x[near] - x[rows][:, np.newaxis]), np.abs(y[near] - y[rows][:, np.newaxis])
    )
    return np.asarray((apart < reach[:, np.newaxis]).sum(axis=1) - 1, np.int64)


def _power_of_two(number: int) -> int:
    """The least power of two that is not below a number."""
    return 1 << max(number - 1, 0).bit_length()
