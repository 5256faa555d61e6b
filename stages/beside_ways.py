"""Every method that the study of other programs runs, as a function of stamps."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from halflight import classical
from halflight.classical.moments import PsfError, psf_size
from halflight.images.half_flux import half_flux
from halflight.instrument import SDSS
from halflight.measurer import Measurer
from halflight.predictive import quantile
from halflight.quality import FLAGS
from halflight.results.rows import Geometry, measured_rows
from halflight.trials import peers

FLOOR, LEAST_RATIO = 0.2, 0.2  # of the correction for seeing, as of `classical.measure_aperture`
Q = "half_light_radius"


def ways(
    measurer: Measurer, fit: Any, band: str
) -> Iterator[Callable[..., dict[str, pd.DataFrame]]]:
    """What measures stamps (n, S, S, 1) on one process: by method, rows for `recovered`."""
    for tier in ("best", "fast"):
        yield partial(_ours, measurer, tier, band)
    for method in ("sersic_fit", "aperture"):
        yield partial(_classical, method, fit)
    yield partial(_one_by_one, _sep)
    yield partial(_one_by_one, _photutils)
    yield partial(_one_by_one, _statmorph)


def _ours(measurer: Measurer, tier: str, band: str, *stamps: np.ndarray) -> dict[str, pd.DataFrame]:
    instrument = SDSS.with_bands([band])
    found = measurer.measure(*stamps, instrument=instrument, tier=tier)
    flags = found["flags"].to_numpy(np.int64)
    pixels = found.columns.str.startswith(Q)
    found.loc[:, pixels] /= instrument.pixel_scale
    count = len(found)
    whole, unknown = np.ones(count, np.int64), np.full(count, np.nan)
    scale = np.full(count, instrument.pixel_scale)
    geometry = Geometry(whole, scale, unknown, np.zeros(count, np.int64))
    return {tier: measured_rows(found, geometry).assign(flags=flags)}


def _classical(method: str, fit: Any, *stamps: np.ndarray) -> dict[str, pd.DataFrame]:
    beliefs = classical.Beliefs(fit.scene, SDSS.pixel_scale, SDSS.zero_point)
    found = classical.measure_stamps(
        *(array[..., 0] for array in stamps),
        beliefs=beliefs,
        methods=[method],
        detection_threshold=fit.detection_threshold,
    )
    radius = np.exp(found[f"{method}_ln_radius"].to_numpy())
    error = found.get(f"{method}_ln_radius_error", pd.Series(np.nan, found.index)).to_numpy()
    good = found[f"{method}_status"].to_numpy() == "ok"
    return {method: _rows(radius, good, error)}


def _rows(radius: np.ndarray, good: np.ndarray, error: Any = np.nan) -> pd.DataFrame:
    """Rows as of results, arcsec; a method that does not stand by a number flags it."""
    flags = np.where(good, 0, FLAGS["not_fitted"])
    rows = pd.DataFrame({Q: radius, "flags": flags})
    for suffix, probability in (("2_5", 0.025), ("16", 0.16), ("84", 0.84), ("97_5", 0.975)):
        rows[f"{Q}_{suffix}"] = radius * np.exp(quantile(probability, np.inf) * error)
    return rows


def _one_by_one(
    measure: Callable[..., dict[str, peers.Shape]], *stamps: np.ndarray
) -> dict[str, pd.DataFrame]:
    found = [measure(*(plane[..., 0] for plane in one)) for one in zip(*stamps, strict=True)]
    return {
        name: _rows(
            np.array([each[name].radius for each in found]) * SDSS.pixel_scale,
            np.array([each[name].good for each in found]),
        )
        for name in found[0]
    }


def _sep(image: np.ndarray, sigma: np.ndarray, psf: np.ndarray) -> dict[str, peers.Shape]:
    found = half_flux(image, sigma)
    seen = peers.NOTHING if found is None else peers.Shape(*found)
    return {"sep": seen, "sep_corrected": corrected(seen, psf)}


def _photutils(image: np.ndarray, sigma: np.ndarray, psf: np.ndarray) -> dict[str, peers.Shape]:
    seen = peers.photutils_radius(image, sigma)
    return {"photutils": seen, "photutils_corrected": corrected(seen, psf)}


def _statmorph(image: np.ndarray, sigma: np.ndarray, psf: np.ndarray) -> dict[str, peers.Shape]:
    fit, ellipse = peers.statmorph_radii(image, sigma, psf)
    return {"statmorph_sersic": fit, "statmorph_rhalf": ellipse}


def corrected(seen: peers.Shape, psf: np.ndarray) -> peers.Shape:
    """The semi-major R_e that a circle of half the flux stands for, as `measure_aperture` has it.

    Of the PSF, radius and moments are taken off in quadrature; then the circle becomes an ellipse
    of the axis ratio that is left. Lengths in pixels.
    """
    if not np.isfinite(seen.radius):
        return seen
    try:
        radius, moments = psf_size(psf, 1.0)
    except PsfError:
        return peers.NOTHING
    circle = np.sqrt(max(seen.radius**2 - radius**2, (FLOOR * radius) ** 2))
    major, minor = (
        np.sqrt(max(axis**2 - spread**2, 0.0))
        for axis, spread in ((seen.major, moments.major), (seen.minor, moments.minor))
    )
    ratio = min(max(minor / major, LEAST_RATIO), 1.0) if major > 0 else 1.0
    good = seen.good and seen.radius > radius
    return peers.Shape(float(circle) * classical.circle_to_semi_major(ratio), good=good)
