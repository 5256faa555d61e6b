"""Beside: what the classical methods find on the same stamps, in the columns of the results."""

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.classical import fit_sersic, measure_aperture
from halflight.images import Cutouts
from halflight.instrument import Instrument
from halflight.results.rows import on_the_sky
from halflight.workers import in_order

_PIECE = 16  # stamps handed to a worker at a time
Row = dict[str, Any]


def classical_rows(cut: Cutouts, instrument: Instrument, processes: int = 1) -> pd.DataFrame:
    """The columns `schema.CLASSICAL` of some stamps, one row each."""
    tasks = [slice(i, i + _PIECE) for i in range(0, len(cut.rows), _PIECE)]
    stamps = [tuple(_plane(a[task]) for a in (cut.image, cut.sigma, cut.psf)) for task in tasks]
    found = pd.DataFrame([row for block in in_order(_measure, stamps, processes=processes)
                          for row in block])  # fmt: skip
    scale = cut.pixel_scale
    radius, error = np.exp(found["fit_ln_radius"]) * scale, found["fit_ln_radius_error"]
    angle = np.tile(found["fit_position_angle"], (5, 1))
    magnitude = partial(_magnitude, zero_point=instrument.zero_point)
    return pd.DataFrame(
        {
            "sersic_fit_half_light_radius": radius,
            "sersic_fit_half_light_radius_16": radius * np.exp(-error),
            "sersic_fit_half_light_radius_84": radius * np.exp(error),
            "sersic_fit_axis_ratio": found["fit_axis_ratio"],
            "sersic_fit_position_angle": on_the_sky(angle, cut.rotation, cut.parity)[0],
            "sersic_fit_sersic_n": found["fit_sersic_n"],
            "sersic_fit_magnitude": magnitude(found["fit_flux"]),
            "sersic_fit_status": found["fit_status"],
            "aperture_half_light_radius": np.exp(found["aperture_ln_radius"]) * scale,
            "aperture_observed_radius": found["aperture_observed_radius"] * scale,
            "aperture_axis_ratio": found["aperture_axis_ratio"],
            "aperture_magnitude": magnitude(found["aperture_flux"]),
            "aperture_status": found["aperture_status"],
        }
    )


def _measure(stamps: tuple[NDArray[np.float32], ...]) -> list[Row]:
    """What both methods find, in pixels of the stamp."""
    rows = []
    for image, sigma, psf in zip(*stamps, strict=True):
        fit = fit_sersic(image, sigma, psf, pixel_scale=1.0)
        aperture = measure_aperture(image, sigma, psf, pixel_scale=1.0)
        row = {f"fit_{key}": value for key, value in asdict(fit).items()}
        rows.append(row | {f"aperture_{key}": value for key, value in asdict(aperture).items()})
    return rows


def _plane(stamps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The stamps without an axis of bands."""
    return np.ascontiguousarray(stamps[..., 0] if stamps.ndim == 4 else stamps, np.float32)


def _magnitude(flux: pd.Series, *, zero_point: float) -> pd.Series:
    """AB magnitudes of fluxes in the instrument's unit; NaN where there is no light."""
    return zero_point - 2.5 * np.log10(flux.where(flux > 0))
