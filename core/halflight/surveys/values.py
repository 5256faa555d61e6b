"""A reply's texts as numbers and words, exact, or refused by column, row and value."""

import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from halflight.integers import exact_integers
from halflight.surveys.errors import CatalogueError
from halflight.surveys.query import ID_AGAIN
from halflight.surveys.wanted import TYPE_COLUMN

# What PhotoObjAll holds for "not measured" (errors: -1000).
SENTINELS = (-9999.0, -1000.0)
# The range of each integer: a value outside is a damaged reply, not an odd object.
POSSIBLE = {
    "n": (0, 2**40),
    "id": (1, 2**63 - 1),
    "run": (1, 999_999),
    "rerun": (0, 9_999),
    "camcol": (1, 6),
    "field": (0, 9_999),
    TYPE_COLUMN: (0, 9),
    "plate": (1, 99_999),
    "mjd": (40_000, 99_999),
    "fiber_id": (1, 9_999),
}
# Of the class that SDSS gives a spectrum; a word that is none of these is a damaged reply.
SPECTRAL_CLASSES = {"STAR": 1.0, "GALAXY": 0.0, "QSO": np.nan}


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


def to_words(values: "pd.Series", name: str) -> list[str]:
    """Short words in plain letters; of a class, one of SDSS's."""
    words = [str(value).strip() for value in values]
    for row, word in enumerate(words, 1):
        known = name != "spectral_class" or word in SPECTRAL_CLASSES
        if not known or not re.fullmatch(r"[A-Za-z_]{1,40}", word):
            raise CatalogueError(
                f"SkyServer's answer holds no word where one belongs: column {name}, row {row}: "
                f"{word[:60]!r}"
            )
    return words


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
