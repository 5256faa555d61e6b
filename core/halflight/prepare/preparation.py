"""Preparation: what is done to any stamp before a network sees it, simulated, survey's or yours."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from halflight.instrument import Instrument
from halflight.prepare.clean import clean_stamps
from halflight.prepare.crop import centre_crop
from halflight.text import shown

LARGEST = np.finfo(np.float32).max


class Prepared(NamedTuple):
    """What a network is given, and what it is not told.

    image: (n, stamp_size, stamp_size, bands), psf: (n, psf_size, psf_size, bands), both float32.
    bad_fraction: (n,) float32, of the whole stamp. noise: (n, bands) float32, the median sigma of a
    usable pixel of what the network sees, in the unit of the stamps; NaN without any. missing:
    (n, bands) bool, the bands that a network is told nothing of.
    """

    image: np.ndarray
    psf: np.ndarray
    bad_fraction: np.ndarray
    noise: np.ndarray
    missing: np.ndarray

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """The arrays by the names of a network's inputs."""
        return {"image": self.image, "psf": self.psf}


@dataclass(frozen=True)
class Preparation:
    """Bad pixels become sky, the middle is cut out, divided by its noise and stretched by arcsinh.

    In units of its noise a stamp looks the same in any unit of flux and from any camera, so that
    one network serves all. The stretch, arcsinh(f / softening) (Lupton, Gunn & Szalay 1999, AJ 118,
    1406), is linear in the noise and logarithmic in bright pixels. It is one fixed, monotonic
    function, the same for every stamp, so the flux over the noise can be had back from its pixels;
    a scaling by each stamp's own peak would lose it.

    Attributes:
        stamp_size: pixels a side of the image that the network sees, even.
        psf_size: pixels a side of the PSF that it sees, odd.
        image_softening: in units of the noise of a pixel.
        psf_softening: a fraction of the PSF's flux.
        max_bad_fraction: of a stamp's pixels; above it nothing that is measured is to be trusted.
    """

    stamp_size: int
    psf_size: int
    image_softening: float
    psf_softening: float
    max_bad_fraction: float

    by_band: ClassVar[bool] = False
    """Whether bands are told apart by their names, and some of them may be missing."""

    def __post_init__(self) -> None:
        """Refuse a softening that stretches nothing, and a fraction that is none.

        Raises:
            ValueError: a softening is not a positive number, or max_bad_fraction not within 0 to 1.
        """
        for name in ("stamp_size", "psf_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a number of pixels; received {shown(value)}")
        for name, value in self._softenings().items():
            if not (_is_number(value) and np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite; received {shown(value)}")
        if not (_is_number(self.max_bad_fraction) and 0 <= self.max_bad_fraction <= 1):
            raise ValueError(
                f"max_bad_fraction must be 0 to 1; received {shown(self.max_bad_fraction)}"
            )

    def _softenings(self) -> dict[str, Any]:
        """Every softening, by its name."""
        return {name: getattr(self, name) for name in ("image_softening", "psf_softening")}

    def apply(
        self,
        image: np.ndarray,
        sigma: np.ndarray,
        psf: np.ndarray,
        *,
        instrument: Instrument | None = None,
        extinction: np.ndarray | None = None,
    ) -> Prepared:
        """Prepare stamps.

        Args:
            image, sigma: (n, S, S, bands), of one unit, any byte order.
            psf: (n, P, P, bands), each with the sum 1.
            instrument, extinction: see `halflight.prepare.Luptitudes`; of no use in units of noise.

        Raises:
            ValueError: shapes that do not fit, or a PSF that is not finite.
        """
        del instrument, extinction
        clean, usable, bad_fraction = clean_stamps(image, sigma)
        noise = median_noise(*(centre_crop(a, self.stamp_size) for a in (sigma, usable)))
        points = np.ma.filled(psf, np.nan).astype(np.float32)
        wrong = ~np.isfinite(points).all(axis=(1, 2, 3))
        if wrong.any():
            raise ValueError(
                f"the PSF of {int(wrong.sum())} of {len(psf)} stamps is not finite, the first that "
                f"of stamp {int(np.argmax(wrong))}: give every stamp a PSF"
            )
        unit = np.where(np.isfinite(noise), noise, 1.0)[:, np.newaxis, np.newaxis]
        with np.errstate(over="ignore"):  # the stretch stops at the largest number
            scaled = centre_crop(clean, self.stamp_size) / unit
        return Prepared(
            stretch(scaled, self.image_softening),
            stretch(centre_crop(points, self.psf_size), self.psf_softening),
            bad_fraction,
            noise,
            np.zeros(noise.shape, bool),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            ValueError: a key is missing or unknown, or a value is refused.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(known):
            raise ValueError(f"a preparation has the keys {known} alone, received {shown(values)}")
        return cls(**values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)


def median_noise(sigma: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """The median sigma of the usable pixels of stamps (n, S, S, bands): (n, bands) float32."""
    count, bands = len(sigma), sigma.shape[-1]
    known = np.where(usable, np.ma.getdata(sigma), np.nan).astype(np.float32)
    pixels = np.ascontiguousarray(known.reshape(count, -1, bands).transpose(0, 2, 1))
    noise = np.median(pixels, axis=2)  # NaN where any pixel is
    some = np.isfinite(pixels).any(axis=2) & ~np.isfinite(noise)
    for row, band in zip(*np.nonzero(some), strict=True):
        noise[row, band] = np.nanmedian(pixels[row, band])
    return noise


def stretch(pixels: np.ndarray, softening: float) -> np.ndarray:
    """arcsinh(pixels / softening), float32, finite, C-contiguous, of the same shape."""
    with np.errstate(over="ignore"):
        scaled = np.ascontiguousarray(pixels, np.float32) * np.float32(1 / softening)
    return np.arcsinh(np.clip(scaled, -LARGEST, LARGEST, out=scaled), out=scaled)


def unstretch(stretched: np.ndarray, softening: float) -> np.ndarray:
    """The pixels that `stretch` stretched, float32."""
    return np.sinh(stretched) * np.float32(softening)
