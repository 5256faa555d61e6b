"""The catalogue: the objects to cut out, and an account of the rows that cannot be used."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from halflight.integers import exact_integers
from halflight.surveys.client import SdssClient
from halflight.surveys.errors import CatalogueError, SurveyParameterError
from halflight.surveys.frames import FRAME_SHAPE
from halflight.surveys.query import (
    ID_AGAIN,
    INTEGER_COLUMNS,
    REAL_COLUMNS,
    TRUTH_COLUMNS,
    catalogue_sql,
)

# SkyServer answers with at most this many rows (https://skyserver.sdss.org/dr17/SearchTools/sql).
MOST_ROWS = 500_000
# What PhotoObjAll holds for "not measured" (errors: -1000).
SENTINELS = (-9999.0, -1000.0)
DUPLICATE_SEPARATION = 2.0  # arcsec

# The range of each integer: a value outside is a damaged reply, not an odd object.
POSSIBLE = {
    "n": (0, 2**40),
    "id": (1, 2**63 - 1),
    "run": (1, 999_999),
    "rerun": (0, 9_999),
    "camcol": (1, 6),
    "field": (0, 9_999),
}

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

    table: one row an object, columns INTEGER_COLUMNS, REAL_COLUMNS and `true_*`, sorted by id.
    dropped: columns id (int64) and reason (str). sql: the queries sent, by name. counts: rows and
    fields before and after each step.
    """

    table: pd.DataFrame
    dropped: pd.DataFrame
    sql: dict[str, str]
    counts: dict[str, int]


def fetch_catalogue(
    client: SdssClient,
    *,
    band: str,
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
        band=band,
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
    names = [*INTEGER_COLUMNS, *REAL_COLUMNS, ID_AGAIN]
    read = partial(_read_rows, names=names, integers=[*INTEGER_COLUMNS, ID_AGAIN])
    table = client.query(sql["rows"], names, rows=rows, read=read)
    if "truth" in sql:
        truths = ["id", *(f"true_{name}" for name in TRUTH_COLUMNS), ID_AGAIN]
        read = partial(_read_rows, names=truths, integers=["id", ID_AGAIN])
        many = _count(client, sql["truth_count"])
        truth = client.query(sql["truth"], truths, rows=many, read=read)
        table = table.merge(truth.drop_duplicates("id"), on="id", how="left", validate="m:1")
    else:
        table = table.assign(**{f"true_{name}": np.nan for name in TRUTH_COLUMNS})

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


def _read_rows(
    table: pd.DataFrame, *, names: Sequence[str], integers: Collection[str]
) -> pd.DataFrame:
    """A reply's rows as numbers; raises `CatalogueError` where one is not whole."""
    numbers = to_numbers(table, names, integers)
    torn = numbers["id"] != numbers[ID_AGAIN]
    if torn.any():
        row = int(np.argmax(torn))
        raise CatalogueError(
            f"row {row + 1} begins with id {numbers['id'][row]} and ends with "
            f"{numbers[ID_AGAIN][row]}: it was cut short"
        )
    return numbers.drop(columns=ID_AGAIN)


def to_numbers(
    table: pd.DataFrame, columns: Sequence[str], integers: Collection[str]
) -> pd.DataFrame:
    """The columns as exact int64 or float64; NULL, SDSS's sentinels and masked values are NaN.

    Raises `CatalogueError`, naming column, row and value, for text where a number belongs, and for
    an integer that is missing, impossible, or not exactly one.
    """
    numbers: dict[str, np.ndarray] = {}
    for name in columns:
        try:
            if name in integers:
                numbers[name] = _integers(table[name], name)
            else:
                numbers[name] = _reals(table[name], name)
        except ValueError as error:
            raise CatalogueError(f"SkyServer's answer holds no plain numbers: {error}") from error
    return pd.DataFrame(numbers)


def _integers(values: "pd.Series", name: str) -> np.ndarray:
    whole = exact_integers(values, name)
    low, high = POSSIBLE.get("id" if name == ID_AGAIN else name, (-(2**63), 2**63 - 1))
    bad = (whole < low) | (whole > high)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"column {name}, row {row + 1}: {whole[row]} is not in [{low}, {high}]")
    return whole


def _reals(values: "pd.Series", name: str) -> np.ndarray:
    if np.asarray(values).dtype.kind == "b":
        raise ValueError(f"column {name} holds truth values")
    real = np.empty(len(values))
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    for row, value in enumerate(np.asarray(values).tolist()):
        if value is None or value is pd.NA or str(value).lower() in ("null", ""):
            real[row] = np.nan  # SkyServer writes NULL as the word null
            continue
        try:
            if isinstance(value, bool) or "_" in str(value):
                raise ValueError
            real[row] = float(value)
        except (ValueError, TypeError) as error:
            raise ValueError(f"column {name}, row {row + 1}: {str(value)[:60]!r}") from error
    real[~np.isfinite(real) | np.isin(real, SENTINELS)] = np.nan
    if masked is not None:
        real[masked] = np.nan
    return real


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
