"""Results: rows by the schema, with the provenance of each; and as an astropy Table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from astropy.table import Table

from halflight.quality import FLAGS
from halflight.results.schema import BY_NAME, COLUMNS, CONVENTIONS, DEFINITION, Column
from halflight.text import shown

RunRecord = Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """Measurements, one row a source in the order asked.

    Attributes:
        rows: columns of `schema.COLUMNS`, in that order; optional ones may be absent.
        runs: what made the rows, by their column `run`.
    """

    rows: pd.DataFrame
    runs: tuple[RunRecord, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rows that are not of the schema.

        Raises:
            ValueError: a column is missing, unknown, or of another kind.
        """
        have, known = list(self.rows.columns), [column.name for column in COLUMNS]
        missing = [c.name for c in COLUMNS if not c.optional and c.name not in have]
        if missing or have != [name for name in known if name in have]:
            raise ValueError(
                f"results need the columns {shown(known)} in this order, received {shown(have)}"
            )
        for name in have:
            _check_kind(self.rows[name], BY_NAME[name])

    @property
    def columns(self) -> list[Column]:
        """The columns that are there."""
        return [BY_NAME[name] for name in self.rows.columns]

    def followed_by(self, other: "Results") -> Self:
        """These rows, then those of `other`, whose runs follow, too.

        Raises:
            ValueError: the other's columns or the kind of its ids differ.
        """
        self.check_goes_on(list(other.rows.columns), other.rows["id"])
        later = other.rows.assign(run=other.rows["run"] + len(self.runs))
        return type(self)(pd.concat([self.rows, later], ignore_index=True), self.runs + other.runs)

    def check_goes_on(self, columns: Sequence[str], ids: pd.Series) -> None:
        """Refuse rows of other columns, or of ids of another kind, that are to follow these.

        Raises:
            ValueError: naming what differs.
        """
        if differing := set(self.rows.columns) ^ set(columns):
            raise ValueError(
                f"one of the tables alone has the column(s) {shown(sorted(differing))}"
            )
        if len(self.rows) and len(ids) and is_text(self.rows["id"]) != is_text(ids):
            raise ValueError("the ids of one of the tables are numbers, those of the other text")

    def metadata(self) -> dict[str, Any]:
        """What a file says of the table as a whole, in plain values."""
        return {
            "definition": DEFINITION,
            "conventions": CONVENTIONS,
            "flags": {str(bit): name for name, bit in FLAGS.items()},
            "runs": [dict(run) for run in self.runs],
        }

    def to_astropy(self, text: Callable[[str], str] = str) -> Table:
        """The table with units, descriptions, UCDs and metadata; `text` is made of every text."""
        table = Table(meta=self.metadata())
        for column in self.columns:
            values = array_of(self.rows[column.name], column)
            if values.dtype == object:
                values = np.array([text(value) for value in values], dtype=np.str_)
            table[column.name] = values
            info = table[column.name].info
            info.description = column.description
            info.unit = column.unit or None
            if column.ucd:
                info.meta = {"ucd": column.ucd}
        return table


def is_text(ids: pd.Series) -> bool:
    """Whether a column holds text, not integers."""
    return not pd.api.types.is_integer_dtype(ids.dtype)


def array_of(values: pd.Series, column: Column) -> np.ndarray:
    """A column as NumPy has it: integers, float64, or objects that are text.

    NumPy's own text loses characters of the number 0 at its end.
    """
    if column.kind == "text" or (column.kind == "id" and is_text(values)):
        return np.array(list(values), dtype=object)
    return values.to_numpy()


def from_columns(columns: Mapping[str, Sequence[Any] | np.ndarray], runs: Any) -> Results:
    """Results of the columns of a file, of any byte order, without those that are not ours."""
    rows = {}
    for column in COLUMNS:
        if column.name in columns:
            rows[column.name] = _series(columns[column.name], column)
    return Results(pd.DataFrame(rows), tuple(runs))


def _series(values: Any, column: Column) -> pd.Series:
    array = np.asarray(values)
    if column.kind == "number":
        return pd.Series(array.astype(np.float64))
    if column.kind == "integer":
        return pd.Series(array.astype(np.int64))
    if array.dtype.kind in "iu":
        return pd.Series(array.astype(array.dtype.newbyteorder("=")))
    return pd.Series(array, dtype=object)


def _check_kind(values: pd.Series, column: Column) -> None:
    types = pd.api.types
    fits = {
        "integer": types.is_integer_dtype(values.dtype),
        "number": types.is_float_dtype(values.dtype),
    }.get(column.kind)
    if fits is None:
        fits = (column.kind == "id" and types.is_integer_dtype(values.dtype)) or all(
            isinstance(value, str) for value in values
        )
    if not fits:
        raise ValueError(
            f"the column {column.name} must hold {column.kind} values, received {values.dtype} "
            f"{shown(list(values[:3]))}"
        )
