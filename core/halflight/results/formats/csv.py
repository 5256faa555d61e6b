"""Results as plain CSV: the rows alone, exact, and harmless in a spreadsheet."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from halflight.results.escaping import from_spreadsheet, spreadsheet_safe
from halflight.results.schema import BY_NAME
from halflight.results.table import Results, array_of, from_columns

_TYPES = {"integer": np.int64, "number": np.float64}


def write(path: Path, results: Results) -> None:
    """Write the rows; numbers have all digits that tell them apart, NaN is empty."""
    columns = []
    for column in results.columns:
        values = array_of(results.rows[column.name], column)
        if values.dtype == object:
            columns.append([spreadsheet_safe(value) for value in values])
        else:
            columns.append(["" if value != value else repr(value) for value in values.tolist()])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(results.rows.columns)
        writer.writerows(zip(*columns, strict=True))


def read(path: Path) -> Results:
    """Read what `write` wrote; ids that are all written as whole numbers are integers.

    Nothing is known of the runs but how many there were.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    texts = dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
    columns = {}
    for name, values in texts.items():
        kind = BY_NAME[name].kind if name in BY_NAME else "text"
        form = _integers(values) if kind == "id" else _TYPES.get(kind)
        if form is None:
            columns[name] = np.array([from_spreadsheet(value) for value in values], object)
        else:
            columns[name] = np.array([value or "nan" for value in values], dtype=form)
    runs = columns["run"]
    return from_columns(columns, [{}] * (int(runs.max()) + 1 if len(runs) else 0))


def _integers(texts: Sequence[str]) -> type | None:
    """The type that holds all of these, where each is a whole number as it is written here."""
    if not all(re.fullmatch("0|-?[1-9][0-9]*", text) for text in texts):
        return None
    numbers = [int(text) for text in texts]
    return next((t for t in (np.int64, np.uint64) if _hold(t, numbers)), None)


def _hold(form: type, numbers: Sequence[int]) -> bool:
    limits = np.iinfo(form)
    return all(limits.min <= number <= limits.max for number in numbers)
