"""Rows: what an estimator found on stamps, turned into image pixels, arcsec and angles on the sky.

A stamp is measured in its own pixels. Only here do these become others: one is `binning` pixels of
the image wide, and `pixel_scale` arcsec at that place.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.results.schema import BOUNDS, BY_NAME, CLASSICAL, COLUMNS, QUANTITIES

Values = NDArray[np.float64]
SUFFIXES = tuple(suffix for suffix, _, _ in BOUNDS)
CORRELATION = "ln_radius_ln_axis_ratio_correlation"
"""An estimator's column that says how the errors of ln R and ln q go together; 0 without it."""
NO_STAMP = "no stamp"
"""The status of classical methods where there was nothing to measure."""
_DEVIATIONS = dict(zip(SUFFIXES, (-1.959964, -1.0, 1.0, 1.959964), strict=True))


@dataclass(frozen=True)
class Geometry:
    """How stamps lie in their image and on the sky, one entry a stamp, (n,) each.

    Attributes:
        binning: pixels of the image along a side of one of the stamp.
        pixel_scale: arcsec a pixel of the stamp, at that place; NaN: unknown.
        rotation, parity: an axis at an angle from +x towards +y lies at rotation + parity * angle
            degrees east of north. They are NaN and 0 where that is unknown; the parity is 1 where
            east is left of north, as on the sky, and -1 on a mirrored image.
    """

    binning: NDArray[np.integer]
    pixel_scale: NDArray[np.floating]
    rotation: NDArray[np.floating]
    parity: NDArray[np.integer]


def measured_rows(measured: pd.DataFrame, geometry: Geometry) -> pd.DataFrame:
    """The quantities of `schema.QUANTITIES` with their bounds, one row a stamp.

    measured: what `halflight.measurer` gives, with half_light_radius in pixels of the stamp and
    position_angle in degrees from its +x towards +y. A quantity that is not measured is NaN.
    """
    radius = _bounded(measured, "half_light_radius")
    ratio = _bounded(measured, "axis_ratio")
    angle = _bounded(measured, "position_angle")
    together = measured.get(CORRELATION, pd.Series(0.0, measured.index))
    correlation = np.asarray(together, np.float64)
    circularised = _circularised(radius, ratio, correlation)
    binning, scale = geometry.binning.astype(np.float64), geometry.pixel_scale
    found = {
        "half_light_radius": radius * scale,
        "half_light_radius_pix": radius * binning,
        "half_light_radius_circularised": circularised * scale,
        "half_light_radius_circularised_pix": circularised * binning,
        "axis_ratio": ratio,
        "position_angle": on_the_sky(angle, geometry.rotation, geometry.parity),
        "position_angle_image": _turned(angle),
        "sersic_n": _bounded(measured, "sersic_n"),
        "magnitude": _bounded(measured, "magnitude"),
    }
    return pd.DataFrame(
        {
            f"{quantity.name}{suffix}": line
            for quantity in QUANTITIES
            for suffix, line in zip(("", *SUFFIXES), found[quantity.name], strict=True)
        }
    )


def on_the_sky(
    angle: Values, rotation: NDArray[np.floating], parity: NDArray[np.integer]
) -> Values:
    """Position angles east of north, with their bounds, (5, n), of angles in the image; degrees.

    angle: median and bounds, from +x towards +y. In a mirrored image the bounds change places.
    """
    turned = rotation + parity * angle
    return _turned(np.where(parity < 0, turned[[0, 4, 3, 2, 1]], turned))


def unmeasured_rows(
    count: int,
    flags: NDArray[np.integer],
    *,
    classical: bool = False,
    probability: str | None = None,
) -> pd.DataFrame:
    """Rows of sources that no stamp could be cut for: NaN, and the flags that say why.

    classical: whether the columns of the classical methods are among them. probability: the column
    of a model that tells classes.
    """
    asked = [c for c in COLUMNS if not c.optional] + list(CLASSICAL if classical else ())
    asked += [BY_NAME[probability]] if probability else []
    rows = {c.name: [np.nan] * count for c in asked if c.kind == "number"}
    statuses = {c.name: [NO_STAMP] * count for c in asked if c.kind == "text"}
    return pd.DataFrame(rows | statuses).assign(flags=flags, binning=np.ones(count, np.int64))


def _turned(angle: Values) -> Values:
    """Angles and their bounds moved by half turns, so that the medians lie in [0, 180)."""
    moved = angle - 180.0 * np.floor(angle[0] / 180.0)
    return moved - np.where(moved[0] >= 180.0, 180.0, 0.0)  # what rounding made of -1e-20


def _bounded(measured: pd.DataFrame, name: str) -> Values:
    """Median and bounds of a quantity, (5, n).

    Without bounds of its own they follow from the error of its logarithm, or of itself.
    """
    unknown = np.full(len(measured), np.nan)
    if name not in measured:
        return np.tile(unknown, (5, 1))
    median = measured[name].to_numpy(np.float64)
    relative = measured.get(f"ln_{name}_error")
    error = measured.get(f"{name}_error", pd.Series(unknown))
    lines = [median]
    for suffix, deviation in _DEVIATIONS.items():
        given = measured.get(name + suffix)
        if given is not None:
            bound = given
        elif relative is not None:
            bound = median * np.exp(deviation * relative)
        else:
            bound = median + deviation * error
        lines.append(np.asarray(bound, np.float64))
    return np.array(lines)


def _circularised(radius: Values, ratio: Values, correlation: Values) -> Values:
    """R sqrt(q) with its bounds, (5, n), from those of R and q and their errors' correlation.

    ln R_c = ln R + ln(q) / 2, so a bound of ln R_c lies from its median by
    sqrt(r^2 + s^2 / 4 + rho r s), where r and s are those of ln R and ln q: exact for errors that
    are jointly Gaussian in the logarithms.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        r, s = np.log(radius / radius[0]), np.log(ratio / ratio[0])
        variance = r**2 + s**2 / 4 + correlation * r * s
        away = np.sqrt(np.maximum(variance, 0.0))
        signs = np.array([0, -1, -1, 1, 1])[:, np.newaxis]
        return np.asarray(radius[0] * np.sqrt(ratio[0]) * np.exp(signs * away))
