"""Beside: what the classical methods find on the same stamps, in the columns of the results."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from halflight.images import Cutouts
from halflight.instrument import Instrument
from halflight.pieces import Row
from halflight.results.rows import on_the_sky


def classical_rows(cut: Cutouts, instrument: Instrument, fits: Sequence[Row]) -> pd.DataFrame:
    """The columns `schema.CLASSICAL` of some stamps, of what `pieces.classical_fits` found."""
    found = pd.DataFrame(fits)
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


def _magnitude(flux: pd.Series, *, zero_point: float) -> pd.Series:
    """AB magnitudes of fluxes in the instrument's unit; NaN where there is no light."""
    return zero_point - 2.5 * np.log10(flux.where(flux > 0))
