"""Named arrays in safetensors files: checked before anything is read, and never a pickle.

A file is 8 bytes N (unsigned, little-endian), N bytes of JSON {name: {dtype, shape, data_offsets}},
then the data (https://huggingface.co/docs/safetensors, "Format").
"""

import math
import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from halflight.files import write_bytes
from halflight.reading import parse_json

_TYPES: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
# The largest header read; a thousand weights take about 100 kB.
_LARGEST_HEADER = 4 * 2**20


class WeightsError(ValueError):
    """A weights file that is broken, or that belongs to another model."""


@dataclass(frozen=True)
class Entry:
    """What a file's header says of one array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def write_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], note: str | None = None
) -> None:
    """Write named float arrays, and a note as the file's metadata; whole or not at all."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(path, save(contiguous, metadata=None if note is None else {"note": note}))


def read_arrays(
    path: str | os.PathLike[str], expected: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[dict[str, NDArray[Any]], str | None]:
    """Return the arrays of a file, and its note.

    Where `expected` (name -> shape) is given, exactly these arrays must be there, in these shapes,
    and all values finite. Names and shapes are checked before the data are read.

    Raises:
        WeightsError: the file is not whole, contradicts itself or is not what was expected.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    with _open(path) as file:
        entries, note, start = _read_header(path, file)
        if expected is not None:
            _compare(path, entries, expected)
        file.seek(start)
        data = file.read()
    arrays = {
        name: np.frombuffer(data[entry.begin : entry.end], entry.dtype).reshape(entry.shape)
        for name, entry in entries.items()
    }
    if expected is not None:
        for name, array in arrays.items():
            _check_finite(path, name, array)
    return arrays, note


def read_matching(
    path: str | os.PathLike[str], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[dict[str, NDArray[Any]], dict[str, tuple[int, ...]]]:
    """Return the arrays of a file that have a name and shape of `shapes`, and all shapes in it.

    Nothing else of the data is read.

    Raises:
        WeightsError: the file is not whole, or an array that matches holds NaN or infinity.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    arrays = {}
    with _open(path) as file:
        entries, _, start = _read_header(path, file)
        for name, entry in entries.items():
            if shapes.get(name) == entry.shape:
                file.seek(start + entry.begin)
                data = file.read(entry.end - entry.begin)
                arrays[name] = np.frombuffer(data, entry.dtype).reshape(entry.shape)
                _check_finite(path, name, arrays[name])
    return arrays, {name: entry.shape for name, entry in entries.items()}


def check_arrays(path: str | os.PathLike[str], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the header of a file with `expected`; the data are not read.

    Raises:
        WeightsError: as `read_arrays`.
    """
    path = Path(path)
    with _open(path) as file:
        _compare(path, _read_header(path, file)[0], expected)


def read_shapes(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a file's arrays by name; the data are not read.

    Raises:
        WeightsError: the file is not whole or contradicts itself.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    with _open(path) as file:
        return {name: entry.shape for name, entry in _read_header(path, file)[0].items()}


def _open(path: Path) -> BinaryIO:
    """Open a regular file: a pipe would wait for ever, and a device never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise WeightsError(f"{path}: is not a file: delete it, or name another")
    return path.open("rb")


def _check_finite(path: Path, name: str, array: NDArray[Any]) -> None:
    if not np.isfinite(array).all():
        raise WeightsError(f"{path}: the weight {name!r} holds NaN or infinity")


def _read_header(path: Path, file: BinaryIO) -> tuple[dict[str, Entry], str | None, int]:
    def fail(problem: str) -> NoReturn:
        raise WeightsError(f"{path}: not a whole safetensors file: {problem}")

    size = os.fstat(file.fileno()).st_size
    prefix = file.read(8)
    if len(prefix) < 8:
        fail(f"it has {size} bytes, fewer than the 8 of the header's length")
    (length,) = struct.unpack("<Q", prefix)
    if length > min(size - 8, _LARGEST_HEADER):
        if prefix[:1] == b"\x80" or prefix[:2] == b"PK":
            fail("it looks like a pickle or a zip archive, which are never loaded")
        fail(f"its header claims {length} bytes, the file has {size - 8} after it")
    try:
        header = parse_json(file.read(length).decode("utf-8"))
    except ValueError as error:
        fail(f"its header is not valid JSON: {error}")
    if not isinstance(header, dict):
        fail("its header is not a JSON object")
    metadata = header.pop("__metadata__", {})
    note = metadata.get("note") if isinstance(metadata, dict) else None
    if note is not None and not isinstance(note, str):
        fail("its note is not text")
    entries: dict[str, Entry] = {}
    for name, description in header.items():
        entry = _entry(description)
        if entry is None:
            fail(f"the description of {name!r} is malformed: {description!r:.200}")
        entries[name] = entry
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            fail(f"{name!r} begins at byte {entry.begin}, the array before it ends at {end}")
        end = entry.end
    if end != size - 8 - length:
        fail(f"its arrays need {end} bytes, it holds {size - 8 - length}")
    return entries, note, 8 + length


def _entry(description: Any) -> Entry | None:
    """Return the entry, or None where the description is not one of a float array."""
    if not isinstance(description, dict):
        return None
    if set(description) != {"dtype", "shape", "data_offsets"}:
        return None
    shape, offsets = description["shape"], description["data_offsets"]
    if not isinstance(description["dtype"], str) or description["dtype"] not in _TYPES:
        return None
    dtype = _TYPES[description["dtype"]]
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        return None
    if offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        return None
    return Entry(dtype, tuple(shape), offsets[0], offsets[1])


def _counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _compare(
    path: Path, entries: Mapping[str, Entry], expected: Mapping[str, tuple[int, ...]]
) -> None:
    missing = [name for name in expected if name not in entries]
    unknown = [name for name in entries if name not in expected]
    if missing or unknown:
        raise WeightsError(
            f"{path}: belongs to another model: missing weights {missing}, "
            f"unknown weights {unknown}"
        )
    for name, shape in expected.items():
        if entries[name].shape != shape:
            raise WeightsError(
                f"{path}: the weight {name!r} needs the shape {shape}, "
                f"received {entries[name].shape}"
            )
