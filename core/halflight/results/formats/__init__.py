"""Formats of a table of results, by a file's ending: each with its writer and its reader."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from halflight.results.formats import csv, ecsv, fits, parquet, votable
from halflight.results.table import Results


@dataclass(frozen=True)
class Format:
    """How one format is written, and read back to the same results."""

    write: Callable[[Path, Results], None]
    read: Callable[[Path], Results]


FORMATS = {
    ".parquet": Format(parquet.write, parquet.read),
    ".fits": Format(fits.write, fits.read),
    ".vot": Format(votable.write, votable.read),
    ".xml": Format(votable.write, votable.read),
    ".ecsv": Format(ecsv.write, ecsv.read),
    ".csv": Format(csv.write, csv.read),
}
"""By the ending; CSV alone holds no units and no provenance."""
