"""Sources found in a field: SExtractor's detection and deblending, a strip at a time."""

from typing import Any

import numpy as np
import pandas as pd
import sep
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options

STRIP, OVERLAP = 2048, 256  # rows; a source is of the strip that its centre lies in
DEBLEND_LEVELS, DEBLEND_CONTRAST = 32, 0.005  # SExtractor's own
# Pixels above the threshold that SExtractor holds at a time, of an image and of a strip.
LEAST_STACK, PIXEL_STACK = 10_000, 3_000_000
MOST_PIECES = 8192  # of one deblended object
# Apertures for the half-light radius reach this many of SExtractor's `a`, as its FLUX_AUTO does.
REACH = 6.0


def detect_sources(field: Field, options: Options | None = None) -> pd.DataFrame:
    """The sources of a field, from the top row of the file's array down.

    Returns a row a source: id (from 1), x, y (pixels, from 0), ra, dec (ICRS degrees, NaN without
    coordinates), status (""), size (half-light radius in pixels, seeing included), flux (units),
    snr, a, b (rms of the axes, pixels).

    Raises:
        ImageError: too many pixels lie above the threshold: the sky was not understood.
    """
    options = options or Options()
    found = []
    for top in range(0, field.shape[0], STRIP):
        low, high = max(top - OVERLAP, 0), min(top + STRIP + OVERLAP, field.shape[0])
        table = detect_rows(field, slice(low, high), options)
        table["y"] += low
        core = (table["y"] >= top - 0.5) & (table["y"] < min(top + STRIP, field.shape[0]) - 0.5)
        found.append(table[core])
        field.release()
    table = pd.concat(found, ignore_index=True)
    if not len(table):
        raise ImageError(
            f"no source of {options.least_area} pixels above {options.threshold:g} sigma: lower "
            "--threshold, or give a catalogue"
        )
    sky = np.full((len(table), 2), np.nan)
    if field.sky is not None and not field.sky.contradiction:
        sky = field.sky.sky(table["x"].to_numpy(), table["y"].to_numpy())
    table.insert(0, "id", np.arange(1, len(table) + 1))
    table.insert(3, "ra", sky[:, 0])
    table.insert(4, "dec", sky[:, 1])
    table.insert(5, "status", "")
    return table


def extract(
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    bad: NDArray[np.bool_],
    threshold: float,
    least_area: int,
) -> tuple[Any, NDArray[np.int32]]:
    """SExtractor's objects of sky-subtracted pixels, and the map of their numbers (from 1).

    Raises:
        ImageError: too many pixels lie above the threshold.
    """
    # The stack is allocated anew for each call: for a stamp a large one takes longer than all else.
    sep.set_extract_pixstack(min(max(image.size, LEAST_STACK), PIXEL_STACK))
    sep.set_sub_object_limit(MOST_PIECES)
    clean = np.where(bad, np.float32(0), image)
    noise = np.where(bad, np.float32(np.nanmax(np.where(bad, np.nan, sigma))), sigma)
    try:
        return sep.extract(
            np.ascontiguousarray(clean),
            threshold,
            err=np.ascontiguousarray(noise),
            mask=bad,
            minarea=least_area,
            deblend_nthresh=DEBLEND_LEVELS,
            deblend_cont=DEBLEND_CONTRAST,
            segmentation_map=True,
        )
    except MemoryError:
        raise
    except Exception as error:  # sep raises nothing more special
        raise ImageError(
            f"detection failed ({error}): is sky left in? --background mesh, "
            "or a higher --threshold"
        ) from error


def detect_rows(field: Field, rows: slice, options: Options) -> pd.DataFrame:
    """The sources of some rows, as of `detect_sources`: x, y (from the first row), size to b."""
    columns = slice(0, field.shape[1])
    pixels = field.read(rows, columns)
    bad = ~np.isfinite(pixels.image)
    if bad.all():
        return pd.DataFrame({name: [] for name in ("x", "y", "size", "flux", "snr", "a", "b")})
    image = pixels.image
    if field.subtracted != "mesh":
        image = image - field.background.level_at(rows, columns)
        if field.subtracted == "global":
            image += np.float32(field.background.median)
    objects, _ = extract(image, pixels.sigma, bad, options.threshold, options.least_area)
    clean = np.where(bad, np.float32(0), image)
    noise = np.where(bad, np.float32(0), pixels.sigma)
    reach = np.maximum(REACH * objects["a"], 2.0)
    size, _ = sep.flux_radius(
        clean, objects["x"], objects["y"], reach, 0.5, mask=bad, normflux=None
    )
    flux, error, _ = sep.sum_circle(
        clean, objects["x"], objects["y"], np.clip(2 * size, 2.0, reach), err=noise, mask=bad
    )
    snr = np.divide(flux, error, out=np.zeros(len(flux)), where=error > 0)
    return pd.DataFrame(
        {
            "x": objects["x"].astype(np.float64),
            "y": objects["y"].astype(np.float64),
            "size": np.asarray(size, np.float64),
            "flux": np.asarray(flux, np.float64),
            "snr": snr,
            "a": objects["a"].astype(np.float64),
            "b": objects["b"].astype(np.float64),
        }
    )
