"""Luptitudes: fluxes of several bands as magnitudes that noise and missing bands leave finite."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from halflight.instrument import ZERO_POINT, Instrument
from halflight.prepare.clean import clean_stamps
from halflight.prepare.crop import centre_crop
from halflight.prepare.preparation import Preparation, Prepared, median_noise, stretch

POGSON = 2.5 / math.log(10.0)  # magnitudes of a factor of e
NANO = 1e9  # nanomaggies of a maggy


@dataclass(frozen=True)
class Luptitudes(Preparation):
    """Bad pixels become sky, dust is corrected for, and pixels become asinh magnitudes.

    mu = -(2.5 / ln 10) (asinh(f / 2 b) + ln b) for a flux of f maggies (Lupton, Gunn & Szalay 1999,
    AJ 118, 1406; as pixels of a network Kim & Brunner 2017, MNRAS 464, 4463, section 3.1, with
    SDSS's softenings b). A network is given the sky's magnitude less this one,
    (2.5 / ln 10) asinh(f / 2 b): sky is 0, light is positive, and all that is left out is one
    constant a band. f is the flux without the dust in front of it, 10^(0.4 A) times the measured.

    A band that is missing (no usable pixel in what the network sees, or no PSF) is sky in the image
    and 0 in the PSF: no PSF holds no light, and by that a network tells it from a dark sky.

    Attributes:
        image_softening: b in maggies, by the name of each band.
    """

    image_softening: Mapping[str, float]  # type: ignore[assignment]

    by_band: ClassVar[bool] = True

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
            psf: (n, P, P, bands), each with the sum 1; not finite, or 0, where there is none.
            instrument: of these stamps, whose bands and zero point are needed.
            extinction: (n, bands) magnitudes of Galactic dust; NaN where unknown, which, as None,
                leaves the pixels as they are.

        Raises:
            ValueError: shapes that do not fit, no instrument, or a band without a softening.
        """
        if instrument is None or (strangers := set(instrument.bands) - set(self.image_softening)):
            bands = "none" if instrument is None else ", ".join(sorted(strangers))
            raise ValueError(
                f"luptitudes are those of the bands {', '.join(self.image_softening)}; received "
                f"stamps of {bands}"
            )
        clean, usable, _ = clean_stamps(image, sigma)
        points = np.ma.filled(psf, np.nan).astype(np.float32)
        seen = centre_crop(usable, self.stamp_size).any(axis=(1, 2))
        there = np.asarray(seen & np.isfinite(points).all(axis=(1, 2)) & points.any(axis=(1, 2)))
        noise = median_noise(*(centre_crop(a, self.stamp_size) for a in (sigma, usable)))
        bad = np.where(there, 1.0 - usable.mean(axis=(1, 2)), 0.0).max(axis=1)
        softening = np.array([self.image_softening[band] for band in instrument.bands])
        maggies = 10 ** (-0.4 * (instrument.zero_point - ZERO_POINT)) / NANO
        dust = np.zeros(there.shape) if extinction is None else np.nan_to_num(extinction)
        unit = (maggies * 10 ** (0.4 * dust) / (2.0 * softening)).astype(np.float32)
        pixels = centre_crop(clean, self.stamp_size) * unit[:, np.newaxis, np.newaxis]
        keep = there[:, np.newaxis, np.newaxis]
        shape = stretch(np.where(keep, centre_crop(points, self.psf_size), 0.0), self.psf_softening)
        light = np.float32(POGSON) * stretch(np.where(keep, pixels, 0.0), 1.0)
        fraction = np.where(there.any(axis=1), bad, 1.0).astype(np.float32)
        return Prepared(light, shape, fraction, noise, ~there)

    def _softenings(self) -> dict[str, Any]:
        if not isinstance(self.image_softening, Mapping) or not self.image_softening:
            return {"image_softening": self.image_softening, "psf_softening": self.psf_softening}
        named = {f"image_softening.{band}": b for band, b in self.image_softening.items()}
        return named | {"psf_softening": self.psf_softening}


def luptitude_units(softening: Mapping[str, float], instrument: Instrument) -> np.ndarray:
    """What one unit of each band's pixels is in twice its softening, (bands,)."""
    maggies = 10 ** (-0.4 * (instrument.zero_point - ZERO_POINT)) / NANO
    return np.asarray(maggies / (2.0 * np.array([softening[band] for band in instrument.bands])))


def extinction_of(table: pd.DataFrame, bands: tuple[str, ...]) -> np.ndarray:
    """Columns extinction_BAND (rows, bands), in magnitudes; NaN where the table has none."""
    columns = [f"extinction_{band}" for band in bands]
    return table.reindex(columns=columns).to_numpy(np.float64)
