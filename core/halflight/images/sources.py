"""Catalogues: which sources to measure, where they lie, and their names as they were given."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images.columns import read_table, role_columns
from halflight.images.coordinates import ARCSEC
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import AnyPath, Options
from halflight.reading import name_of
from halflight.text import shown

OUTSIDE, NOWHERE = "outside the image", "no position"


def read_sources(
    table: AnyPath | Any, field: Field, options: Options | None = None
) -> pd.DataFrame:
    """The sources of a catalogue, in its order: FITS, VOTable, CSV, ECSV, Parquet or a table.

    Returns a row for each of the catalogue's: id (as given, or the row's number from 0), x, y
    (pixels, from 0; NaN without a position), ra, dec (ICRS degrees; NaN without coordinates),
    status ("" or why it cannot be measured) and size (half-light radius in pixels, where given).

    Raises:
        ImageError: columns that are missing or of another kind, ids that occur twice, no row, pixel
            positions that do not say where they count from, RA and Dec for an image without
            coordinates, a catalogue of another part of the sky.
    """
    options = options or Options()
    name = name_of(table) if isinstance(table, str | Path) else "the table"
    given = read_table(table, name)
    if not len(given):
        raise ImageError(f"{name} has no row: there is nothing to measure")
    roles = role_columns(list(given.columns), field, options, name)
    sky, pixels = roles.sky, roles.pixels
    rows = len(given)
    x, y, ra, dec = (np.full(rows, np.nan) for _ in range(4))
    if sky is not None:
        ra, dec = _degrees(given, sky, name)
        assert field.sky is not None  # role_columns refuses it
        x, y = field.sky.pixels(ra, dec).T
    elif pixels is not None:
        x, y = (_numbers(given, column, name) - roles.first_pixel for column in pixels)
        if field.sky is not None and not field.sky.contradiction:
            found = np.isfinite(x) & np.isfinite(y)
            world = field.sky.sky(x[found], y[found])
            ra[found], dec[found] = world.T
    status = _status(x, y, ra, dec, sky is not None, field)
    if (status != "").all():
        raise ImageError(_elsewhere(name, field, x, y, ra, dec))
    size = np.full(rows, np.nan) if roles.size is None else _numbers(given, roles.size, name)
    return pd.DataFrame(
        {
            "id": _ids(given, roles.id, name),
            "x": x,
            "y": y,
            "ra": ra,
            "dec": dec,
            "status": status,
            "size": size,
        }
    )


def _ids(given: pd.DataFrame, column: str | None, name: str) -> Any:
    """The sources' names, untouched; each once."""
    if column is None:
        return np.arange(len(given))
    ids = given[column]
    if ids.isna().any():
        row = int(np.argmax(ids.isna()))
        raise ImageError(f"{name}: the column {column} has no id in row {row}")
    twice = ids[ids.duplicated(keep=False)]
    if len(twice):
        raise ImageError(
            f"{name}: the ids in column {column} must differ, {twice.iloc[0]!s} occurs "
            f"{int((ids == twice.iloc[0]).sum())} times ({len(twice)} rows in all share theirs)"
        )
    return ids.to_numpy()


def _numbers(given: pd.DataFrame, column: str, name: str) -> NDArray[np.float64]:
    """A column of numbers, NaN where there is none."""
    try:
        return np.asarray(pd.to_numeric(given[column]), np.float64).copy()
    except (ValueError, TypeError) as error:
        raise ImageError(f"{name}: the column {column} must hold numbers: {error}") from error


def _degrees(
    given: pd.DataFrame, columns: tuple[str, str], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ICRS right ascension and declination in degrees; sexagesimal text is read as hours."""
    from astropy.coordinates import SkyCoord

    first = given[columns[0]].dropna()
    if len(first) and all(isinstance(value, str) and ":" in value.strip() for value in first):
        try:
            at = SkyCoord(
                list(given[columns[0]]), list(given[columns[1]]), unit=("hourangle", "deg")
            )
        except (ValueError, TypeError) as error:
            raise ImageError(f"{name}: {shown(str(error))} in {' or '.join(columns)}") from error
        return at.ra.deg, at.dec.deg
    ra, dec = (_numbers(given, column, name) for column in columns)
    for column, values, low, high in ((columns[0], ra, -180, 360), (columns[1], dec, -90, 90)):
        beyond = (values < low) | (values > high)
        if beyond.any():
            row = int(np.argmax(beyond))
            raise ImageError(
                f"{name}: the column {column} must be degrees from {low} to {high}, received "
                f"{values[row]:g} in row {row}"
            )
    ra[~np.isfinite(dec)], dec[~np.isfinite(ra)] = np.nan, np.nan
    return ra, dec


def _status(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ra: NDArray[np.float64],
    dec: NDArray[np.float64],
    by_sky: bool,
    field: Field,
) -> NDArray[np.object_]:
    """Why each row cannot be measured, "" where it can."""
    rows, columns = field.shape
    inside = (x >= -0.5) & (x < columns - 0.5) & (y >= -0.5) & (y < rows - 0.5)
    first, second = (ra, dec) if by_sky else (x, y)
    placed = np.isfinite(first) & np.isfinite(second)
    return np.where(inside, "", np.where(placed, OUTSIDE, NOWHERE)).astype(object)


def _elsewhere(
    name: str,
    field: Field,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ra: NDArray[np.float64],
    dec: NDArray[np.float64],
) -> str:
    """The one line that says how far a catalogue lies from the image."""
    rows, columns = field.shape
    if not np.isfinite(ra).any():
        if not np.isfinite(x).any():
            return f"{name}: none of its {len(x)} rows has a position"
        return (
            f"{name}: none of its {len(x)} positions lies in the image of {columns} x {rows} "
            f"pixels; x runs from {np.nanmin(x):g} to {np.nanmax(x):g}, y from {np.nanmin(y):g} to "
            f"{np.nanmax(y):g}"
        )
    assert field.sky is not None
    [[ra0, dec0]] = field.sky.sky(np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2]))
    a, b = np.radians(dec), np.radians(dec0)
    cosine = np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(np.radians(ra - ra0))
    nearest = float(np.degrees(np.arccos(np.clip(np.nanmax(cosine), -1, 1))))
    reach = np.hypot(rows, columns) / 2 * (field.pixel_scale or 0.0) / ARCSEC
    return (
        f"{name} lies elsewhere on the sky: the nearest of its {len(ra)} sources is {nearest:.3g} "
        f"degrees from the image's centre (RA {ra0:.5f}, Dec {dec0:+.5f}), which reaches "
        f"{reach:.2g}: is it of another field, or in other columns?"
    )
