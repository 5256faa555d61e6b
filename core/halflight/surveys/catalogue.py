"""The catalogue: the objects to cut out, and an account of the rows that cannot be used."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from halflight.surveys.client import SdssClient
from halflight.surveys.errors import CatalogueError, SurveyParameterError
from halflight.surveys.frames import FRAME_SHAPE
from halflight.surveys.query import ID_AGAIN, catalogue_sql
from halflight.surveys.values import SPECTRAL_CLASSES, to_numbers, to_words
from halflight.surveys.wanted import (
    SPECTRUM_INTEGERS,
    SPECTRUM_REALS,
    SPECTRUM_TEXTS,
    TRUTH_TEXTS,
    TYPE_COLUMN,
    Wanted,
)

# SkyServer answers with at most this many rows (https://skyserver.sdss.org/dr17/SearchTools/sql).
MOST_ROWS = 500_000
DUPLICATE_SEPARATION = 2.0  # arcsec

# PhotoObj.type of what is a star or a galaxy; others are neither.
PHOTOMETRIC_TYPES = {6: 1.0, 3: 0.0}

# Without these no stamp with a noise map can be cut: the range in which each is possible.
ESSENTIAL = {
    "ra": (0.0, 360.0),
    "dec": (-90.0, 90.0),
    "rowc": (0.0, float(FRAME_SHAPE[0])),
    "colc": (0.0, float(FRAME_SHAPE[1])),
    "magnitude": (0.0, 40.0),
    "gain": (0.01, 100.0),
    "dark_variance": (0.0, 1000.0),
}


@dataclass(frozen=True)
class Catalogue:
    """The objects to cut out, and an account of the others.

    table: one row an object, the columns that were wanted, `is_star` (1 star, 0 galaxy, NaN
    unknown) where there is a label, and `true_*`, sorted by id.
    dropped: columns id (int64) and reason (str). sql: the queries sent, by name. counts: rows and
    fields before and after each step.
    """

    table: pd.DataFrame
    dropped: pd.DataFrame
    sql: dict[str, str]
    counts: dict[str, int]


def fetch_catalogue(
    client: SdssClient,
    wanted: Wanted,
    *,
    where: str,
    field_modulus: int,
    field_remainder: int,
    max_fields: int | None,
    truth_table: str | None = None,
) -> Catalogue:
    """Ask SkyServer for the objects of whole fields and clean the answer.

    `max_fields` keeps the first so many fields in the order of `field_order`. Raises
    `CatalogueError` when nothing usable comes back.
    """
    if max_fields is not None and max_fields < 1:
        raise SurveyParameterError(f"max_fields must be >= 1 or null, received {max_fields}")
    sql = catalogue_sql(
        wanted,
        where=where,
        field_modulus=field_modulus,
        field_remainder=field_remainder,
        truth_table=truth_table,
    )
    rows = _count(client, sql["count"])
    if rows == 0:
        raise CatalogueError(f"no object satisfies the selection; loosen it: {sql['count']}")
    if rows > MOST_ROWS:
        raise CatalogueError(
            f"{rows} objects satisfy the selection but SkyServer answers with at most {MOST_ROWS}: "
            f"raise field_modulus (now {field_modulus})"
        )
    names = [*wanted.integers, *wanted.reals, *wanted.texts, ID_AGAIN]
    read = partial(
        _read_rows, names=names, integers=[*wanted.integers, ID_AGAIN], texts=[*wanted.texts]
    )
    table = _labelled(client.query(sql["rows"], names, rows=rows, read=read), wanted)
    truths = [f"true_{name}" for name in wanted.truths]
    words = [name for name in truths if name.removeprefix("true_") in TRUTH_TEXTS]
    if "truth" in sql:
        names = ["id", *truths, ID_AGAIN]
        read = partial(_read_rows, names=names, integers=["id", ID_AGAIN], texts=words)
        many = _count(client, sql["truth_count"])
        truth = client.query(sql["truth"], names, rows=many, read=read)
        table = table.merge(truth.drop_duplicates("id"), on="id", how="left", validate="m:1")
        table[words] = table[words].fillna("")
    else:
        table = table.assign(**{name: "" if name in words else np.nan for name in truths})

    fields = field_order(table)
    kept = fields if max_fields is None else fields[:max_fields]
    chosen = table[pd.MultiIndex.from_frame(table[["run", "camcol", "field"]]).isin(kept)]
    cleaned, dropped = clean_catalogue(chosen)
    counts = {
        "rows_in_selection": rows,
        "fields_in_selection": len(fields),
        "fields": len(kept),
        "rows_in_fields": len(chosen),
        "objects": len(cleaned),
    }
    if cleaned.empty:
        reasons = dropped["reason"].value_counts().to_dict()
        raise CatalogueError(f"none of {len(chosen)} catalogue rows is usable: {reasons}")
    return Catalogue(cleaned, dropped, sql, counts)


def _count(client: SdssClient, sql: str) -> int:
    """The one number that a query for a count gives."""
    table = client.query(
        sql, ["n"], rows=1, read=partial(to_numbers, columns=["n"], integers=["n"])
    )
    return int(table["n"].iloc[0])


def _labelled(table: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """The rows with `is_star`, and with the columns of a spectrum also where there is none.

    Raises `CatalogueError` for a class that SDSS does not give.
    """
    if wanted.label is None:
        return table
    if wanted.label == "spectra":
        return table.assign(is_star=table["spectral_class"].map(SPECTRAL_CLASSES))
    none: dict[str, Any] = dict.fromkeys(SPECTRUM_INTEGERS, 0)
    none |= dict.fromkeys(SPECTRUM_TEXTS, "") | dict.fromkeys(SPECTRUM_REALS, np.nan)
    return table.assign(is_star=table[TYPE_COLUMN].map(PHOTOMETRIC_TYPES).astype(float), **none)


def _read_rows(
    table: pd.DataFrame,
    *,
    names: Sequence[str],
    integers: Collection[str],
    texts: Collection[str],
) -> pd.DataFrame:
    """A reply's rows as numbers and words; raises `CatalogueError` where one is not whole."""
    numbers = to_numbers(table, [name for name in names if name not in texts], integers)
    for name in texts:
        numbers[name] = to_words(table[name], name)
    torn = numbers["id"] != numbers[ID_AGAIN]
    if torn.any():
        row = int(np.argmax(torn))
        raise CatalogueError(
            f"row {row + 1} begins with id {numbers['id'][row]} and ends with "
            f"{numbers[ID_AGAIN][row]}: it was cut short"
        )
    return numbers.drop(columns=ID_AGAIN)


def field_order(table: pd.DataFrame) -> list[tuple[int, int, int]]:
    """The distinct (run, camcol, field), in an order that looks random and never changes.

    The order is that of the SHA-256 of "run-camcol-field", so the first N fields are a fair sample
    of the sky, and N + 1 fields contain the first N.
    """
    keys = table[["run", "camcol", "field"]].drop_duplicates().itertuples(index=False, name=None)
    return sorted(
        ((int(run), int(camcol), int(field)) for run, camcol, field in keys),
        key=lambda key: hashlib.sha256("-".join(map(str, key)).encode()).hexdigest(),
    )


def clean_catalogue(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that can be used, sorted by id, and the others as (id, reason).

    Dropped are: rows in which an ESSENTIAL value is missing or impossible, repeated ids, and of
    several objects within 2 arcsec all but the one nearest its frame's centre (fields overlap, and
    that one is measured best).
    """
    table = table.sort_values("id", kind="stable").reset_index(drop=True)
    reason = np.full(len(table), "", dtype=object)
    for name, (low, high) in ESSENTIAL.items():
        values = table[name].to_numpy()
        good = reason == ""
        reason[good & np.isnan(values)] = f"missing {name}"
        reason[good & ((values < low) | (values > high))] = f"impossible {name}"
    good = np.flatnonzero(reason == "")
    reason[good[table["id"].iloc[good].duplicated().to_numpy()]] = "same id"
    good = np.flatnonzero(reason == "")
    reason[good[_close_duplicates(table.iloc[good])]] = f"within {DUPLICATE_SEPARATION:g} arcsec"
    bad = reason != ""
    dropped = pd.DataFrame({"id": table["id"][bad], "reason": reason[bad]})
    return table[~bad].reset_index(drop=True), dropped.reset_index(drop=True)


def _close_duplicates(table: pd.DataFrame) -> np.ndarray:
    """Boolean mask of the rows that yield to a neighbour nearer its frame's centre."""
    ra, dec = np.radians(table["ra"].to_numpy()), np.radians(table["dec"].to_numpy())
    xyz = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    chord = 2.0 * np.sin(np.radians(DUPLICATE_SEPARATION / 3600.0) / 2.0)
    from_centre = np.hypot(
        table["rowc"].to_numpy() - FRAME_SHAPE[0] / 2, table["colc"].to_numpy() - FRAME_SHAPE[1] / 2
    )
    yields = np.zeros(len(table), dtype=bool)
    if len(table) == 0:
        return yields
    neighbours = cKDTree(xyz).query_ball_point(xyz, chord)
    for row in np.lexsort((table["id"].to_numpy(), from_centre)):  # best placed first
        if not yields[row]:
            yields[[other for other in neighbours[row] if other != row]] = True
    return yields
