"""The synthetic sky's tables: PhotoObjAll, Field, and the truth behind them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from halflight.instrument import BANDS, FRAME_SHAPE, PIXEL_SCALE, magnitude_of
from halflight.sandbox.identifiers import RERUN, SKY_VERSION
from halflight.sandbox.layout import MARGIN, FieldKey, Strip
from halflight.sandbox.measurements import MISSING, Array, Truth, measure
from halflight.sandbox.observing import FieldCalibration, FieldPsf

if TYPE_CHECKING:
    from halflight.params.sandbox import Catalogue

GALAXY, STAR = 3, 6
REFERENCE_BAND = "r"  # of positions and types
TYPE_CUT = 0.145  # mag: type = 3 means psfMag - cModelMag above this
# Bits of SkyServer's PhotoFlags.
EDGE, SATURATED, BINNED1 = 0x4, 0x40000, 0x10000000


def field_objects(
    strip: Strip,
    key: FieldKey,
    truth: Truth,
    *,
    psfs: Mapping[str, FieldPsf],
    calibrations: Mapping[str, FieldCalibration],
    bands: Sequence[str],
    catalogue: "Catalogue",
    score: float,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One field's rows of PhotoObjAll and of SyntheticTruth.

    Args:
        strip: the field's strip.
        key: the field.
        truth: all sources of the strip.
        psfs: by band.
        calibrations: by band.
        bands: that are observed; columns of others hold -9999.
        catalogue: the measurements' parameters.
        score: the field's quality.
        rng: the field's own stream.
    """
    seen, columns, rows = _seen(strip, key, truth, catalogue)
    count = len(seen)
    error = catalogue.position_error / PIXEL_SCALE
    columns = columns + error * rng.standard_normal(count)
    rows = rows + error * rng.standard_normal(count)
    ra, dec = strip.wcs(key.field).all_pix2world(columns, rows, 0)
    sources = [truth.sources[k] for k in seen]
    # The reference first: what is measured there does not depend on which other bands there are.
    order = sorted(bands, key=lambda band: band != REFERENCE_BAND)
    measured = {
        band: measure(
            truth,
            seen,
            truth.flux[seen] * np.array([source.ratio(band) for source in sources]),
            width=_widths(psfs[band], columns, rows),
            calibration=calibrations[band],
            band=band,
            catalogue=catalogue,
            sky_angles=np.array([strip.sky_angle(a) for a in truth.position_angle[seen]]),
            rng=rng,
        )
        for band in order
    }
    first = measured[order[0]]
    places = {
        band: strip.wcs(key.field, band).all_world2pix(ra, dec, 0)
        if band != REFERENCE_BAND
        else (columns, rows)
        for band in measured
    }
    saturated = magnitude_of(truth.flux[seen]) < catalogue.saturation_limit
    edge = (np.minimum(columns, FRAME_SHAPE[1] - columns) < 5) | (
        np.minimum(rows, FRAME_SHAPE[0] - rows) < 5
    )
    unclean = rng.random(count) < catalogue.unclean_fraction
    kind = np.where(first["psfMag"] - first["cModelMag"] > TYPE_CUT, GALAXY, STAR)
    primary = (rows >= MARGIN) & (rows < FRAME_SHAPE[0] - MARGIN)
    flags = BINNED1 | np.where(saturated, SATURATED, 0) | np.where(edge, EDGE, 0)
    error_degrees = np.full(count, catalogue.position_error)
    table: dict[str, object] = {
        "objID": np.arange(1, count + 1) + key.field_id,
        "fieldID": np.full(count, key.field_id),
        "thingId": truth.thing_id[seen],
        "parentID": np.zeros(count, dtype=np.int64),
        "skyVersion": np.full(count, SKY_VERSION),
        "run": np.full(count, key.run),
        "rerun": np.full(count, RERUN),
        "camcol": np.full(count, key.camcol),
        "field": np.full(count, key.field),
        "obj": np.arange(1, count + 1),
        "mode": np.where(primary, 1, 2),
        "nChild": np.zeros(count, dtype=np.int64),
        "clean": np.where(saturated | edge | unclean, 0, 1),
        "type": kind,
        "probPSF": np.where(kind == STAR, 1.0, 0.0),
        "flags": flags,
        "ra": ra,
        "dec": dec,
        "raErr": error_degrees,
        "decErr": error_degrees,
        # SDSS counts pixel centres at .5.
        "rowc": (rows + 0.5).astype(np.float32),
        "colc": (columns + 0.5).astype(np.float32),
        "score": np.full(count, score, dtype=np.float32),
    }
    for band in BANDS:
        observed = band in measured
        values = measured.get(band) or {name: np.full(count, MISSING) for name in first}
        values["extinction"] = np.full(count, catalogue.extinction[band])
        table |= {f"{name}_{band}": value.astype(np.float32) for name, value in values.items()}
        at = places.get(band, (np.full(count, MISSING - 0.5),) * 2)
        for name, place in zip(("colc", "rowc"), at, strict=True):
            table[f"{name}_{band}"] = (place + 0.5).astype(np.float32)
        for name, value in (("flags", flags), ("type", kind), ("calibStatus", np.ones(count))):
            table[f"{name}_{band}"] = (value if observed else 0 * value).astype(np.int64)
    return pd.DataFrame(table), _truth_rows(strip, key, truth, seen)


def _seen(
    strip: Strip, key: FieldKey, truth: Truth, catalogue: "Catalogue"
) -> tuple[NDArray[np.intp], Array, Array]:
    """Sources on the field that a catalogue would list, with 0-based columns and rows."""
    ra, dec = (np.array([getattr(s, name) for s in truth.sources]) for name in ("ra", "dec"))
    columns, rows = strip.wcs(key.field).all_world2pix(ra, dec, 0)
    on_field = (columns > -0.5) & (columns < FRAME_SHAPE[1] - 0.5)
    on_field &= (rows > -0.5) & (rows < FRAME_SHAPE[0] - 0.5)
    magnitude = magnitude_of(truth.flux)
    listed = on_field & (magnitude < catalogue.faint_limit)
    here = np.flatnonzero(listed)
    # Of two sources closer than the blend radius only the brighter is detected.
    pairs = KDTree(np.column_stack([columns[here], rows[here]])).query_pairs(
        catalogue.blend_radius / PIXEL_SCALE, output_type="ndarray"
    )
    faint_first = truth.flux[here[pairs[:, 0]]] < truth.flux[here[pairs[:, 1]]]
    hidden = np.where(faint_first, pairs[:, 0], pairs[:, 1])
    seen = np.delete(here, np.unique(hidden))
    return seen, columns[seen], rows[seen]


def _widths(psf: FieldPsf, columns: Array, rows: Array) -> Array:
    return np.array([psf.at(x, y).width for x, y in zip(columns, rows, strict=True)])


def _truth_rows(strip: Strip, key: FieldKey, truth: Truth, seen: NDArray[np.intp]) -> pd.DataFrame:
    """SyntheticTruth: what is behind each object; of a point, shape and size are -9999."""
    galaxy = truth.radius[seen] > 0
    single = galaxy & (truth.bulge_fraction[seen] == 0)
    sources = [truth.sources[k] for k in seen]
    kinds = np.array([source.kind for source in sources], dtype=object)
    angles = [strip.sky_angle(a) for a in truth.position_angle[seen]]

    def of_galaxies(values: Any, where: NDArray[np.bool_] = galaxy) -> Array:
        return np.asarray(np.where(where, values, MISSING))

    return pd.DataFrame(
        {
            "objID": key.field_id + 1 + np.arange(len(seen)),
            "thingId": truth.thing_id[seen],
            "kind": kinds,
            # A quasar is neither.
            "is_star": np.where(kinds == "quasar", MISSING, (~galaxy).astype(float)),
            "half_light_radius": of_galaxies(truth.radius[seen]),
            "axis_ratio": of_galaxies(truth.axis_ratio[seen]),
            "position_angle": of_galaxies(angles),
            "sersic_n": of_galaxies(truth.sersic_n[seen], single),
            "bulge_fraction": of_galaxies(truth.bulge_fraction[seen]),
            "magnitude": magnitude_of(truth.flux[seen]),
            "redshift": [source.redshift for source in sources],
        }
    )


def field_row(
    strip: Strip,
    key: FieldKey,
    *,
    psfs: Mapping[str, FieldPsf],
    calibrations: Mapping[str, FieldCalibration],
    objects: pd.DataFrame,
    score: float,
) -> dict[str, object]:
    """One row of the table Field."""
    ra, dec = strip.centre(key.field)
    corners = np.array([(x, y) for x in (0, FRAME_SHAPE[1] - 1) for y in (0, FRAME_SHAPE[0] - 1)])
    corner_ra, corner_dec = strip.wcs(key.field).all_pix2world(corners[:, 0], corners[:, 1], 0)
    row: dict[str, object] = {
        "fieldID": key.field_id,
        "skyVersion": SKY_VERSION,
        "run": key.run,
        "rerun": RERUN,
        "camcol": key.camcol,
        "field": key.field,
        "nTotal": len(objects),
        "nObjects": len(objects),
        "nGalaxy": int((objects["type"] == GALAXY).sum()),
        "nStars": int((objects["type"] == STAR).sum()),
        "quality": 3,
        "ra": ra,
        "dec": dec,
        "raMin": corner_ra.min(),
        "raMax": corner_ra.max(),
        "decMin": corner_dec.min(),
        "decMax": corner_dec.max(),
        "score": score,
    }
    for band in BANDS:
        psf, calibration = psfs[band], calibrations[band]
        sigma1, sigma2, wing = psf.two_gaussians
        row |= {
            f"sky_{band}": calibration.sky * calibration.nmgy_per_count / PIXEL_SCALE**2,
            f"psfWidth_{band}": psf.centre.width,
            f"psf2GSigma1_{band}": sigma1,
            f"psf2GSigma2_{band}": sigma2,
            f"psf2GB_{band}": wing,
            f"gain_{band}": calibration.gain,
            f"darkVariance_{band}": calibration.dark_variance,
            f"nMgyPerCount_{band}": calibration.nmgy_per_count,
            f"pixScale_{band}": PIXEL_SCALE,
            f"calibStatus_{band}": 1,
            f"imageStatus_{band}": 1,
        }
    return row
