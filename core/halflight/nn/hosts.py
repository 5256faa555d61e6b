"""Arrays that a user gives, as plain arrays of the host; what a mask covers is never used."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from halflight.nn.arrays import Host


def host(what: str, values: Any) -> Host:
    """Return values as a plain array; one whose mask covers nothing loses it.

    Args:
        what: the argument's name, for messages.
        values: an array of NumPy, a column of astropy or pandas, or numbers in lists.

    Raises:
        ValueError: a value is masked; a table; lists of unequal lengths.
    """
    _refuse_masked(what, values)
    try:
        array = np.asarray(values)
        if array.dtype == object:
            array = _of_columns(values, array)
    except ValueError as error:
        raise ValueError(f"{what}: is no array: {error}") from error
    if array.dtype.names is not None:
        raise ValueError(
            f"{what}: is a table of the columns {list(array.dtype.names)!r:.200}: pass numbers "
            "(samples, ...), such as np.stack([table[name] for name in ...], axis=1)"
        )
    return array


def hosts(what: str, arrays: Any) -> Any:
    """Return one array, a list or a mapping of them, the arrays of NumPy as `host` makes them.

    Others, such as those that are read when they are asked for, stay as they are.

    Raises:
        ValueError: as `host`.
    """
    if isinstance(arrays, Mapping):
        return {name: hosts(f"{what} {name!r}", array) for name, array in arrays.items()}
    if isinstance(arrays, list | tuple):
        return [hosts(f"{what} {number}", array) for number, array in enumerate(arrays)]
    return host(what, arrays) if _loses_its_mask(arrays) else arrays


def first(bad: Host) -> tuple[int, ...]:
    """Return where the first true value of an array is."""
    return tuple(int(number) for number in np.unravel_index(int(bad.argmax()), bad.shape))


def _of_columns(values: Any, objects: Host) -> Host:
    """Return a frame of numeric columns that pandas gives as objects as what they are: numbers."""
    kinds = {getattr(dtype, "kind", "O") for dtype in np.ravel(getattr(values, "dtypes", "O"))}
    if not kinds <= set("biuf"):
        return objects
    try:
        numbers = np.asarray(values, np.float64)
        whole = "f" not in kinds and not np.isnan(numbers).any()  # what is missing is NaN
        return np.asarray(values, np.int64) if whole else numbers
    except (TypeError, ValueError):  # a value is missing
        return objects


def _loses_its_mask(values: Any) -> bool:
    """Whether values are of a kind whose mask `numpy.asarray` leaves out, not one that is read."""
    kind = isinstance(values, np.ndarray) and type(values) not in (np.ndarray, np.memmap)
    return kind and hasattr(values, "mask")


def _refuse_masked(what: str, values: Any) -> None:
    if isinstance(values, list | tuple):
        for number, item in enumerate(values):
            if isinstance(item, list | tuple | np.ndarray):
                _refuse_masked(f"{what}, entry {number}", item)
    elif _loses_its_mask(values):
        mask = np.asarray(values.mask)
        if mask.dtype.names is None and mask.any():
            place = f", the first at {first(mask)}" if mask.ndim else ""
            raise ValueError(
                f"{what}: {int(mask.sum())} of {values.size} values are masked{place}: fill them, "
                "or leave their samples out"
            )
