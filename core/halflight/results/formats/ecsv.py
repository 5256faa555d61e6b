"""Results as ECSV: CSV that people can read, with units, meanings and provenance in its head."""

from pathlib import Path

import numpy as np
from astropy.table import Table

from halflight.results.escaping import escaped, unescaped
from halflight.results.table import Results, from_columns


def write(path: Path, results: Results) -> None:
    """Write the table with commas; a text is escaped where it holds what cannot be seen."""
    results.to_astropy(text=_safe).write(path, format="ascii.ecsv", delimiter=",")


def read(path: Path) -> Results:
    """Read what `write` wrote."""
    table = Table.read(path, format="ascii.ecsv")
    columns = {}
    for name in table.colnames:
        values = np.ma.filled(table[name], "" if table[name].dtype.kind == "U" else np.nan)
        if values.dtype.kind == "U":
            values = np.array([unescaped(str(value)) for value in values], object)
        columns[name] = values
    return from_columns(columns, table.meta["runs"])


def _safe(text: str) -> str:
    """The text, escaped; one that begins as a comment would be lost with its row."""
    safe = escaped(text)
    return f"\\x23{safe[1:]}" if safe.startswith("#") else safe
