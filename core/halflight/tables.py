"""Tables that others wrote: read with the columns they need, or refused by file, column and row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from halflight.text import printable, shown

# What a table may hold when it is read; a hundred columns of ten million galaxies are 8 GB.
LARGEST = 8 << 30
# A column's kind, in the words of an error.
KINDS = {
    "id": "different integers",
    "integer": "integers",
    "number": "numbers or NaN",
    "finite": "finite numbers",
    "boolean": "true or false",
    "text": "text",
}
FIELD = ("run", "camcol", "field")
# Of fewer fields the objects of a split are told apart by strips of rows, wider than a stamp.
LEAST_FIELDS, STRIP_ROWS = 2, 100
AGAIN = "delete it and run `dvc repro`"


def read_parquet(path: Path, **columns: str) -> pd.DataFrame:
    """Read a Parquet table that has at least these columns, each of one of `KINDS`.

    Raises FileNotFoundError where there is none, and ValueError for a damaged table, and for a
    column that is missing or holds what it must not, with the first such row.
    """
    _must_exist(path)
    try:
        form = pq.read_metadata(path)
        size = max(
            8 * form.num_rows * form.num_columns,
            sum(form.row_group(group).total_byte_size for group in range(form.num_row_groups)),
        )
        if not 0 <= size <= LARGEST:
            raise ValueError(f"it would take {size} bytes of memory")
        table = pd.read_parquet(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise ValueError(f"{path} is no table ({_first_line(error)}): {AGAIN}") from error
    return check(table, path, **columns)


def read_csv(path: Path, **columns: str) -> pd.DataFrame:
    """Read a CSV table as `read_parquet` reads a Parquet one."""
    _must_exist(path)
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise ValueError(f"it has {size} bytes")
        with path.open("rb") as stream:
            stream.seek(max(size - 1, 0))
            if stream.read() != b"\n":
                raise ValueError("its last line has no end: it was cut")
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no table ({_first_line(error)}): {AGAIN}") from error
    return check(table, path, **columns)


def check(table: pd.DataFrame, path: Path, **columns: str) -> pd.DataFrame:
    """Return the table, or raise ValueError naming the file, the column and the row."""
    twice = sorted(set(table.columns[table.columns.duplicated()]))
    if twice:
        raise ValueError(f"{path} has the column(s) {shown(twice)} twice: {AGAIN}")
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(
            f"{path} lacks the column(s) {', '.join(missing)}; it has {shown(list(table))}: {AGAIN}"
        )
    for name, kind in columns.items():
        wrong = _wrong(table[name], kind)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"{path}: the column {name} must hold {KINDS[kind]}, received "
                f"{shown(table[name].iloc[row])} in row {row} ({int(wrong.sum())} such of "
                f"{len(table)}): {AGAIN}"
            )
    return table


def rows_of(table: pd.DataFrame, ids: pd.Series, path: Path) -> pd.DataFrame:
    """The rows of a table (by its column id) of these ids, in their order.

    Raises ValueError, naming the file, where it has no row of one of them.
    """
    indexed = table.set_index("id")
    missing = ids[~ids.isin(indexed.index)]
    if len(missing):
        raise ValueError(
            f"{path} has no row of {len(missing)} of {len(ids)} stamps, the first of which has the "
            f"id {missing.iloc[0]}: {AGAIN}"
        )
    return indexed.loc[ids]


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"no table at {path}: run `dvc repro`")
    if not path.is_file():
        raise ValueError(f"{path} is no file: {AGAIN}")


def _wrong(column: pd.Series, kind: str) -> np.ndarray:
    """Which rows (n,) are not of a kind."""
    integers = pd.api.types.is_integer_dtype(column)
    numbers = integers or pd.api.types.is_float_dtype(column)
    match kind:
        case "id" | "integer" if integers:
            repeated = column.duplicated() if kind == "id" else False
            return np.asarray(column.isna() | repeated, bool)
        case "number" if numbers:
            return np.isinf(column.to_numpy(np.float64))
        case "finite" if numbers:
            return ~np.isfinite(column.to_numpy(np.float64))
        case "boolean" if pd.api.types.is_bool_dtype(column):
            return np.asarray(column.isna(), bool)
        case "text":
            return np.array([not isinstance(value, str) for value in column], bool)
    return np.ones(len(column), bool)


def _first_line(error: Exception) -> str:
    return f"{printable(str(error).strip().partition(chr(10))[0]):.200}" or type(error).__name__


def sky_groups(table: pd.DataFrame) -> np.ndarray:
    """The field of each object (rows,), by run, camcol and field; of a single field, its strips.

    Objects of one group share their errors. A table without fields has a group an object.
    """
    if not set(FIELD) <= set(table):
        return table["id"].astype(str).to_numpy()
    names = table[list(FIELD)].astype(str).agg("-".join, axis=1)
    if names.nunique() < LEAST_FIELDS and "rowc" in table:
        names = names + "-" + (table["rowc"] // STRIP_ROWS).astype(int).astype(str)
    return names.to_numpy()
