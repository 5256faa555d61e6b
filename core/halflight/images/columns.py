"""Tables of sources in any common format, and which of their columns is which."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy.table import Table

from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options
from halflight.images.parts import FAILURES, split_part
from halflight.integers import MOST
from halflight.text import shown

# Names by which catalogues call each role, in lower case; the first that is there is taken.
SKY_NAMES = (
    *(("ra", "dec"), ("raj2000", "dej2000"), ("ra_icrs", "de_icrs"), ("raj2000", "decj2000")),
    *(("alpha_j2000", "delta_j2000"), ("ra_deg", "dec_deg"), ("radeg", "decdeg")),
    *(("_raj2000", "_dej2000"), ("right_ascension", "declination")),
    ("alphawin_j2000", "deltawin_j2000"),
    *(("i_ra", "i_dec"), ("target_ra", "target_dec"), ("coord_ra", "coord_dec")),
)
# Pixels: the names of programs tell where they count from (SExtractor 1, photutils and sep 0).
PIXEL_NAMES: tuple[tuple[str, str, int | None], ...] = (
    ("xwin_image", "ywin_image", 1),
    ("x_image", "y_image", 1),
    ("xcentroid", "ycentroid", 0),
    ("x_centroid", "y_centroid", 0),
    ("x", "y", None),
    ("x_pix", "y_pix", None),
    ("xpos", "ypos", None),
    ("xcenter", "ycenter", None),
)
ID_NAMES = (
    *("id", "objid", "obj_id", "object_id", "source_id", "sourceid", "number", "catalog_id"),
    *("specobjid", "cataid", "object", "name", "label", "source_name"),
)
DEGREE_UNITS = {"rad": 180 / np.pi, "hourangle": 15.0, "h": 15.0}
_READERS = {".csv": "csv", ".ecsv": "ascii.ecsv", ".vot": "votable", ".xml": "votable"}
_READERS |= {".votable": "votable", ".fits": "fits", ".fit": "fits", ".fts": "fits"}
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,18})")


@dataclass(frozen=True)
class Roles:
    """The columns of a catalogue by what they mean."""

    id: str | None
    sky: tuple[str, str] | None
    pixels: tuple[str, str] | None
    first_pixel: int
    size: str | None


def read_table(table: Any, name: str) -> pd.DataFrame:
    """A catalogue as a data frame: the columns of one value a row, text as text, masked as NaN.

    Raises:
        ImageError: it is of no format that is known, or damaged.
    """
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, Table):
        return _frame(table)
    path, part = split_part(table)
    if not path.is_file():
        raise ImageError(f"{name}: there is no such file")
    suffixes = [suffix for suffix in path.suffixes if suffix not in (".gz", ".bz2")]
    ending = suffixes[-1].lower() if suffixes else ""
    try:
        if ending in (".parquet", ".pq"):
            return pd.read_parquet(path)
        if ending not in _READERS:
            known = ", ".join(["parquet", *(each[1:] for each in _READERS)])
            raise ImageError(f"{name}: a catalogue ends in one of {known}")
        if ending == ".csv":
            return _read_csv(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # units and dates that nothing here depends on
            arguments: dict[str, Any] = {}
            if part is not None:
                arguments["hdu"] = int(part) if part.isdigit() else part
            return _frame(Table.read(path, format=_READERS[ending], **arguments))
    except ImageError:
        raise
    except (*FAILURES, UnicodeDecodeError) as error:
        line = str(error).strip().split("\n")[0]
        raise ImageError(f"{name} cannot be read as a catalogue: {shown(line)}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    """A CSV whose columns are numbers where all of a column are, integers exact, text untouched."""
    table = pd.read_csv(path, dtype=str, comment="#", skipinitialspace=True)
    for column in table.columns:
        values = table[column]
        plain = values.notna().all() and all(_INTEGER.fullmatch(value) for value in values)
        if plain and all(-MOST <= int(value) <= MOST for value in values):
            table[column] = np.array([int(value) for value in values], np.int64)
        else:
            numbers = pd.to_numeric(values, errors="coerce")
            if (numbers.notna() == values.notna()).all() and column.lower() not in ID_NAMES:
                table[column] = numbers
    return table


def _frame(table: Table) -> pd.DataFrame:
    """An astropy table's plain columns; angles of other units become degrees."""
    plain = [name for name in table.colnames if getattr(table[name], "ndim", 1) == 1]
    columns: dict[str, Any] = {}
    for name in plain:
        column = table[name]
        values = np.ma.asarray(column) if hasattr(column, "mask") else np.asarray(column)
        if values.dtype.kind == "S":
            values = np.char.decode(np.ma.filled(values, b""), "utf-8", "replace")
            values = np.char.rstrip(values)
        elif np.ma.is_masked(values):
            kind = np.float64 if values.dtype.kind in "iufb" else object
            filler = np.nan if kind is np.float64 else None
            values = np.ma.filled(values.astype(kind), filler)
        values = np.asarray(np.ma.getdata(values))
        values = values.astype(values.dtype.newbyteorder("="))
        unit = str(getattr(column, "unit", None) or "")
        if unit in DEGREE_UNITS and values.dtype.kind == "f":
            values = values * DEGREE_UNITS[unit]
        columns[name] = values.astype(object) if values.dtype.kind == "U" else values
    return pd.DataFrame(columns)


def role_columns(names: list[str], field: Field, options: Options, catalogue: str) -> Roles:
    """Which columns hold the id, the position and the size: by --columns, or by their names.

    RA and Dec are preferred where the image has coordinates and no option says otherwise.

    Raises:
        ImageError: one that was named is not there, or no position is found, or pixels do not say
            where they count from.
    """
    lower: dict[str, str] = {}
    for name in names:
        lower.setdefault(str(name).lower(), name)
    chosen = dict(options.columns)
    for role, column in chosen.items():
        if column not in names:
            raise ImageError(
                f"{catalogue} has no column {shown(column)} ({role}): it has {shown(names)}"
            )
    for pair in (("ra", "dec"), ("x", "y")):
        if len(set(pair) & set(chosen)) == 1:
            raise ImageError(
                f"--columns needs both {pair[0]} and {pair[1]}, received {shown(chosen)}"
            )
    identity = chosen.get("id") or next((lower[name] for name in ID_NAMES if name in lower), None)
    sky, pixels, first = _sky(lower, chosen), *_pixels(lower, chosen)
    if options.first_pixel is not None:
        first = options.first_pixel
    if options.positions == "pixel" or ("x" in chosen and "ra" not in chosen):
        sky = None
    elif options.positions == "sky" or ("ra" in chosen and "x" not in chosen):
        pixels = None
    if sky is not None and (field.sky is None or field.sky.contradiction):
        if pixels is None:
            why = field.sky.contradiction if field.sky else "the image has no sky coordinates"
            raise ImageError(
                f"{catalogue} has RA and Dec, but {why}: give positions in pixels, by --columns"
            )
        sky = None
    if sky is None and pixels is None:
        raise ImageError(
            f"{catalogue} has no columns of positions that are recognised: it has {shown(names)}; "
            "name them by --columns ra=...,dec=... or x=...,y=..."
        )
    if sky is None and first is None:
        raise ImageError(
            f"{catalogue}: do {' and '.join(pixels or ())} count the first pixel as 0 or as 1? "
            "Say --first-pixel"
        )
    return Roles(identity, sky, pixels, first or 0, chosen.get("size"))


def _sky(lower: dict[str, str], chosen: dict[str, str]) -> tuple[str, str] | None:
    if "ra" in chosen:
        return chosen["ra"], chosen["dec"]
    return next(((lower[a], lower[d]) for a, d in SKY_NAMES if a in lower and d in lower), None)


def _pixels(
    lower: dict[str, str], chosen: dict[str, str]
) -> tuple[tuple[str, str] | None, int | None]:
    known = {(x, y): first for x, y, first in PIXEL_NAMES}
    if "x" in chosen:
        pair = (chosen["x"], chosen["y"])
        return pair, known.get((pair[0].lower(), pair[1].lower()))
    for (x, y), first in known.items():
        if x in lower and y in lower:
            return (lower[x], lower[y]), first
    return None, None
