"""Likeness: how far a stamp is from showing one star or one galaxy, by what its pixels say.

The pixels about the centre are held, in each band, against a point or an ellipse of smooth light
behind the PSF, of one place and one shape in all bands. A star, a galaxy of any Sersic index, a
bulge with its disc are such. A blend of two stars, a trail, a cosmic ray, a PSF of two peaks, bands
that do not show the same place are not.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from halflight import files, smooth
from halflight.text import shown

Array = NDArray[np.float32]

LIKENESS = "likeness.json"
"""Beside an estimator's files: what is usual of the objects that it was proven on."""
INDICATORS = ("misfit", "misfits", "quiet", "peak", "off_centre", "apart", "hidden", "faint")
"""What grows as a stamp is less like one star or one galaxy; see `indicators`."""
WITHIN = 0.99  # of known objects: the share that is not flagged

_WINDOW = 32  # pixels a side that are looked at
_REACH, _CORE = 8.0, 6.0  # pixels from the centre that are fitted, and that must not be hidden
# Of the model's light, there and at its peak: a star's PSF and a galaxy's arms are known no better.
# Without it every bright object would be unlike every model.
_MODEL_ERROR, _PEAK_ERROR = 0.04, 0.003
_PLACE_ERROR = 0.15  # pixels, beside that of the noise
_LEAST_STEP = 0.05  # from median to limit: known objects that are all alike still tell a scale
_CHUNK = 64  # stamps at a time: some 100 MB


def indicators(image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any]) -> NDArray[np.float64]:
    """The indicators (n, 8) of stamps, by `INDICATORS`; infinite where no band can be looked at.

    misfit: by how many of its errors chi^2 is above what noise gives, in the worst band. misfits:
    the same of all bands together; quiet: by how many it is below. peak: the largest residual of
    3 x 3 pixels in sigmas. off_centre: the source's distance from the stamp's centre in its errors.
    apart: the largest distance of a band's source from the place of all, in its errors. hidden: the
    share of the core's pixels without data, in the worst of the bands that are there. faint: the
    inverse of the signal to noise in the best band. All but hidden are logarithms.

    Args:
        image, sigma: (n, S, S, bands) of one unit a band; NaN, an infinite sigma or a mask marks a
            bad pixel.
        psf: (n, P, P, bands), P odd; not finite, or 0, where there is none.
    """
    found = [
        _indicators(*(array[i : i + _CHUNK] for array in (image, sigma, psf)))
        for i in range(0, len(image), _CHUNK)
    ]
    return np.concatenate(found) if found else np.empty((0, len(INDICATORS)))


@dataclass(frozen=True)
class Likeness:
    """What is usual of each indicator, and beyond what a stamp is neither a star nor a galaxy.

    Attributes:
        middle: the median of each indicator, by its name.
        limit: what known objects stay within, 99 % of them in all indicators.
    """

    middle: Mapping[str, float]
    limit: Mapping[str, float]

    def __post_init__(self) -> None:
        for name in ("middle", "limit"):
            values = getattr(self, name)
            if set(values) != set(INDICATORS) or not all(map(np.isfinite, values.values())):
                raise ValueError(f"{name} needs a number for each of {INDICATORS}: {shown(values)}")
        if not all(self.limit[name] > self.middle[name] for name in INDICATORS):
            raise ValueError(f"limit must lie above middle: {shown(self.limit)}")

    @classmethod
    def fitted(cls, found: NDArray[np.float64]) -> Self:
        """What known objects say; found: their indicators (n, 8), where infinite left out.

        Every indicator is given the same share of those beyond its limit.
        """
        known = found[np.isfinite(found).all(axis=1)]
        if not len(known):
            raise ValueError("none of the objects to learn from could be looked at")
        middle = np.median(known, axis=0)
        low, high = 1.0 - WITHIN, (1.0 - WITHIN) / len(INDICATORS)
        for _ in range(30):  # halves of a share
            share = 0.5 * (low + high)
            limit = np.quantile(known, 1.0 - share, axis=0)
            if (known > limit).any(axis=1).mean() > 1.0 - WITHIN:
                low = share
            else:
                high = share
        limit = np.maximum(np.quantile(known, 1.0 - high, axis=0), middle + _LEAST_STEP)
        pairs = (dict(zip(INDICATORS, map(float, each), strict=True)) for each in (middle, limit))
        return cls(*pairs)

    def score(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        """How unlike one star or galaxy stamps are, (n,): above 1 is neither; found: (n, 8)."""
        middle, limit = (np.array([e[n] for n in INDICATORS]) for e in (self.middle, self.limit))
        return np.asarray(((found - middle) / (limit - middle)).max(axis=1))

    def save(self, folder: Path) -> None:
        """Write it beside an estimator's files."""
        files.write_json(folder / LIKENESS, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read it beside an estimator's files; None where there is none.

        Raises:
            ValueError: the file is damaged; the message names it.
        """
        file = folder / LIKENESS
        if not file.is_file():
            return None
        values = files.read_json(file)
        try:
            if not isinstance(values, Mapping) or set(values) != {"middle", "limit"}:
                raise ValueError(f"needs middle and limit, received {shown(values)}")
            pairs = ({n: float(v) for n, v in values[k].items()} for k in ("middle", "limit"))
            return cls(*pairs)
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{file}: {error}") from error


class _Stamps(NamedTuple):
    """Pixels and weights (n, bands, W, W), series of the PSFs, and what bands there are."""

    pixels: Array
    weight: Array
    waves: NDArray[np.complex64]
    there: NDArray[np.bool_]
    hidden: NDArray[np.float64]


def _indicators(image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any]) -> NDArray[np.float64]:
    stamps = _read(image, sigma, psf)
    count, bands, window, _ = stamps.pixels.shape
    rows = np.arange(count)
    best = _significance(stamps).argmax(axis=1)
    shape = smooth.fitted(*(a[rows, best] for a in stamps[:3]))
    drawn = smooth.profiles(stamps.waves, shape)
    pixels, weight = (a.reshape(-1, window, window) for a in stamps[:2])
    found = smooth.explained(drawn.reshape(len(pixels), -1, window, window), pixels, weight)
    light, model = (a.reshape(stamps.pixels.shape) for a in (found.light, found.model))
    seen = stamps.weight > 0
    variance = np.divide(1.0, stamps.weight, out=np.ones_like(light), where=seen)
    peak = light.max(axis=(2, 3), keepdims=True)
    variance += (_MODEL_ERROR * light) ** 2 + (_PEAK_ERROR * peak) ** 2
    ratio = np.where(seen, (stamps.pixels - model) / np.sqrt(variance), 0.0)
    number = np.maximum(seen.sum(axis=(2, 3)), 1)
    excess = (ratio**2).sum(axis=(2, 3), dtype=np.float64) - seen.sum(axis=(2, 3))
    scale = np.sqrt(2.0 * number.sum(axis=1))
    together = excess.sum(axis=1) / scale
    # Of the noise alone: what a model's error allows for must not hide that there is too little.
    plain = (stamps.weight * (stamps.pixels - model) ** 2).sum(axis=(1, 2, 3), dtype=np.float64)
    calm = (seen.sum(axis=(1, 2, 3)) - plain) / scale
    noise = np.sqrt((stamps.weight * light**2).sum(axis=(2, 3)))  # light over it
    width = np.sqrt(0.5 * (shape.xx + shape.yy) + 2.0)
    error = np.hypot(_PLACE_ERROR, width / np.maximum(noise[rows, best], 1.0))
    fluxes = found.fluxes.reshape(count, bands, -1)
    columns = [
        np.log1p(np.maximum(excess / np.sqrt(2.0 * number), 0.0).max(axis=1)),
        np.log1p(np.maximum(together, 0.0)),
        np.log1p(np.maximum(calm, 0.0)),
        np.log1p(np.abs(_boxed(ratio)).max(axis=(1, 2, 3))),
        np.log1p(np.hypot(shape.x, shape.y) / error),
        np.log1p(_apart(stamps, shape, fluxes, variance, stamps.pixels - model).max(axis=1)),
        stamps.hidden.max(axis=1),
        -np.log1p(noise.max(axis=1)),
    ]
    table = np.column_stack(columns).astype(np.float64)
    table[~stamps.there.any(axis=1)] = np.inf
    return np.where(np.isnan(table), np.inf, table)


def _read(image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any]) -> _Stamps:
    """The middle of stamps with the bands first, and their PSFs' Fourier series."""
    window = min(_WINDOW, image.shape[1])
    edge = (image.shape[1] - window) // 2
    inner = slice(edge, edge + window)
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and so bad
        pixels, noise, points = (
            np.ascontiguousarray(np.moveaxis(np.ma.filled(a, np.nan), -1, 1), np.float32)
            for a in (image[:, inner, inner], sigma[:, inner, inner], psf)
        )
    usable = np.isfinite(pixels) & np.isfinite(noise) & (noise > 0)
    some = np.asarray(np.isfinite(points).all(axis=(2, 3)))
    points = np.where(some[:, :, np.newaxis, np.newaxis], points, 0.0)
    there = some & (points.sum(axis=(2, 3)) > 0) & usable.any(axis=(2, 3))
    at = np.arange(window) - (window - 1) / 2.0
    apart: NDArray[np.float64] = np.hypot(at, at[:, np.newaxis])
    hidden = np.where(there, 1.0 - usable[:, :, np.asarray(apart <= _CORE)].mean(axis=2), 0.0)
    usable &= there[:, :, np.newaxis, np.newaxis] & (apart <= _REACH)
    weight = np.divide(1.0, noise**2, out=np.zeros_like(noise), where=usable)
    waves = smooth.waves_of(points, window)
    return _Stamps(np.where(usable, pixels, 0.0), weight, waves, there, hidden)


def _significance(stamps: _Stamps) -> NDArray[np.float64]:
    """The signal to noise (n, bands) of a point at the centre; -inf where there is no band."""
    count = len(stamps.pixels)
    points = smooth.profiles(stamps.waves, smooth.Shape.round(count, 0.0), np.zeros(1, np.float32))[
        :, :, 0
    ]
    error = np.sqrt((stamps.weight * points**2).sum(axis=(2, 3)))
    flux = (stamps.weight * points * stamps.pixels).sum(axis=(2, 3))
    return np.where(stamps.there & (error > 0), flux / np.maximum(error, 1e-30), -np.inf)


def _apart(
    stamps: _Stamps, shape: smooth.Shape, fluxes: Array, variance: Array, residual: Array
) -> Array:
    """How many of its errors each band's source lies from the place of all, (n, bands).

    The first step of a fit of the place: what of the residual is the derivative of the light.
    """
    seen = np.where(stamps.weight > 0, 1.0 / variance, 0.0)[:, :, np.newaxis]
    slopes = smooth.places(stamps.waves, shape, fluxes)
    information = (seen * slopes**2).sum(axis=(3, 4)) + 1e-30
    step = (seen * slopes * residual[:, :, np.newaxis]).sum(axis=(3, 4)) / information
    step = np.clip(step, -smooth.FURTHEST, smooth.FURTHEST)
    errors = np.hypot(_PLACE_ERROR, 1.0 / np.sqrt(information))
    return np.asarray(np.hypot(*np.moveaxis(step / errors, 2, 0)))


def _boxed(ratio: Array) -> Array:
    """Sums over 3 x 3 pixels in units of the sum's noise, (n, bands, W - 2, W - 2)."""
    rows = ratio[:, :, :-2] + ratio[:, :, 1:-1] + ratio[:, :, 2:]
    return np.asarray((rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 3.0)
