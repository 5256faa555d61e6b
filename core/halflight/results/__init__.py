"""Results: what measurements become for people and programs - one table, in many formats."""

from pathlib import Path

from halflight import files
from halflight.reading import name_of
from halflight.results.formats import FORMATS
from halflight.results.provenance import Run
from halflight.results.schema import COLUMNS, CONVENTIONS, DEFINITION, markdown_table
from halflight.results.table import Results

__all__ = [
    "COLUMNS",
    "CONVENTIONS",
    "DEFINITION",
    "FORMATS",
    "Results",
    "Run",
    "markdown_table",
    "read",
    "write",
]


def write(path: Path | str, results: Results) -> None:
    """Write a table in the format of the file's ending, whole or not at all.

    Raises ValueError for another ending, and OSError, naming the file, where the disk refuses.
    """
    path = Path(path)
    form = FORMATS[check_ending(path)]
    files.write_whole(path, lambda partial: form.write(partial, results))


def read(path: Path | str) -> Results:
    """Read a table that `write` wrote.

    Raises FileNotFoundError where there is none, and ValueError for one that is not ours.
    """
    path = Path(path)
    form = FORMATS[check_ending(path)]
    if not path.is_file():
        raise FileNotFoundError(f"no table at {name_of(path)}")
    try:
        return form.read(path)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(
            f"{name_of(path)} is no table that halflight wrote: {error}: give another name"
        ) from error


def check_ending(path: Path) -> str:
    """The ending that says a file's format; ValueError for one that says none."""
    if path.suffix not in FORMATS:
        raise ValueError(f"{name_of(path)} must end in {', '.join(FORMATS)}")
    return path.suffix
