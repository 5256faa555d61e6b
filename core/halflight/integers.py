"""Whole numbers of a table - identifiers, counts - exact, or refused by column, row and value."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

LEAST, MOST = -(2**63), 2**63 - 1
DIGITS = re.compile(r"\s*([+-]?[0-9]{1,19})(?:\.0*)?\s*")
SHOWN = 60  # characters of a refused value that a message repeats


def exact_integers(
    values: "Sequence[Any] | NDArray[Any] | pd.Series[Any]", column: str
) -> NDArray[np.int64]:
    """The values of one column as int64, none of them rounded, cut or wrapped.

    Taken are integers of 64 bits with sign, floats and texts that are exactly one. A float holds
    whole numbers only to 2^53 (float32: 2^24): above that it may be a neighbour's.

    Raises ValueError, naming column, row (from 1) and value, for anything else: a fraction, an
    exponent, a truth value, a missing or masked one, NaN, text.
    """
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    array = np.asarray(values)
    if masked is not None and masked.any():
        raise _refused(column, int(np.argmax(masked)), "a masked value")
    if array.dtype.kind == "i":
        return array.astype(np.int64)
    if array.dtype.kind in "uf":
        bad = ~_is_exact(array)
        if bad.any():
            row = int(np.argmax(bad))
            raise _refused(column, row, repr(array[row].item()))
        return array.astype(np.int64)
    result = np.empty(len(array), np.int64)
    for row, value in enumerate(array.tolist()):
        number = _exact(value)
        if number is None:
            raise _refused(column, row, repr(value))
        result[row] = number
    return result


def _is_exact(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Which unsigned integers or floats are integers of 64 bits beyond doubt."""
    if array.dtype.kind == "u":
        return np.asarray(array <= np.uint64(MOST))
    most = 2.0 ** (np.finfo(array.dtype).nmant + 1)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(array) <= most) & (array == np.trunc(array)))


def _exact(value: object) -> int | None:
    """One value as an integer of 64 bits, or None."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        match = DIGITS.fullmatch(value)
        number = int(match[1]) if match else None
    elif isinstance(value, float):
        number = int(value) if value.is_integer() and abs(value) <= 2.0**53 else None
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        number = None
    return number if number is not None and LEAST <= number <= MOST else None


def _refused(column: str, row: int, value: str) -> ValueError:
    shown = value if len(value) <= SHOWN else value[:SHOWN] + "..."
    return ValueError(
        f"column {column}, row {row + 1}: {shown} is no whole number of 64 bits beyond doubt (a "
        "float holds none above 2^53): write it with all its digits and without an exponent"
    )
