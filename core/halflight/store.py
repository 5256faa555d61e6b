"""Stamps on disk: arrays in memory-mapped .npy shards beside a Parquet table, one row a stamp.

One format serves simulated, survey and prepared stamps. A folder holds

    stamps.json          count, stamps a shard, each array's shape and dtype, the instrument, and
                         where the stamps come from
    table.parquet        one row a stamp
    NAME-00000.npy ...   each array (n, rows, columns, bands), `shard_size` stamps a file

and appears under its name only once it is complete.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, tables
from halflight.instrument import Instrument
from halflight.integers import exact_integers
from halflight.manifest import AGAIN, DTYPES, MANIFEST, read_manifest

SHARD_SIZE = 1024
TABLE = "table.parquet"


def shard_name(array: str, number: int) -> str:
    """The file that holds shard `number` of an array."""
    return f"{array}-{number:05d}.npy"


class ShardedArray:
    """A read-only array over its shards: integer-array, slice and integer indexing on axis 0.

    Only the stamps asked for are read; each answer is a fresh C-contiguous array.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        count: int,
        shard_size: int,
        shape: tuple[int, ...],
        dtype: str,
    ) -> None:
        self.folder, self.name, self.shard_size = folder, name, shard_size
        self.shape, self.dtype = (count, *shape), np.dtype(dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        if np.ndim(index) == 0:
            return self.take(np.asarray([index]))[0]
        return self.take(np.asarray(index))

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Gather stamps `indices` (integer array, shape (n,)), read in the order of the files."""
        if indices.dtype == bool or not np.issubdtype(indices.dtype, np.integer):
            raise TypeError(f"stamps are taken by integer index, not by {indices.dtype}")
        if indices.size and not (0 <= indices.min() and indices.max() < len(self)):
            raise IndexError(
                f"{self.folder} holds stamps 0 to {len(self) - 1}; asked for "
                f"{indices.min()} to {indices.max()}"
            )
        shards = self.shards  # checked before room is made for what they promise
        out = np.empty((indices.size, *self.shape[1:]), self.dtype)
        numbers, places = np.divmod(indices, self.shard_size)
        for i in np.argsort(indices, kind="stable").tolist():
            out[i] = shards[numbers[i]][places[i]]
        return out

    @cached_property
    def shards(self) -> list[np.ndarray]:
        """The memory-mapped shards, checked against the manifest when first used."""
        starts = range(0, len(self), self.shard_size)
        return [self._shard(number, start) for number, start in enumerate(starts)]

    def _shard(self, number: int, start: int) -> np.ndarray:
        path = self.folder / shard_name(self.name, number)
        want = (min(self.shard_size, len(self) - start), *self.shape[1:])
        try:
            if not path.is_file():
                raise ValueError("no such file")
            shard = np.lib.format.open_memmap(path, mode="r")
            surplus = path.stat().st_size - shard.offset - shard.nbytes
        except (OSError, ValueError, EOFError, OverflowError, TypeError) as error:
            raise ValueError(f"{path} is missing or damaged ({error}): {AGAIN}") from error
        if shard.shape != want or shard.dtype != self.dtype or surplus:
            raise ValueError(
                f"{path} holds {shard.dtype.str} {shard.shape}"
                + (f" and {surplus} bytes more" if surplus else "")
                + f", {MANIFEST} promises {self.dtype.str} {want}: {AGAIN}"
            )
        return shard.view(np.ndarray)  # whose stamps are cheaper to take one by one


@dataclass(frozen=True)
class Stamps:
    """A folder of stamps, opened: `table` in memory, `arrays` on disk.

    instrument: what their pixels are. origin: the sky that they come from, "simulated" or the name
    of a survey's endpoint.
    """

    table: pd.DataFrame
    arrays: Mapping[str, ShardedArray]
    instrument: Instrument
    origin: str

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, name: str) -> ShardedArray:
        if name not in self.arrays:
            held = ", ".join(self.arrays) or "none"
            raise ValueError(f"these stamps have no array {name!r}; they have {held}")
        return self.arrays[name]


def read_stamps(folder: Path, **columns: str) -> Stamps:
    """Open a folder of stamps whose table has at least these columns, of `tables.KINDS`.

    Every table has a column id of different integers.

    Raises FileNotFoundError where there is none, and ValueError, naming the file, for a manifest
    that is damaged or of another version, and for a table or an array that is not as it promises.
    """
    manifest = read_manifest(folder)
    arrays = {
        name: ShardedArray(
            folder,
            name,
            manifest["count"],
            manifest["shard_size"],
            tuple(form["shape"]),
            form["dtype"],
        )
        for name, form in manifest["arrays"].items()
    }
    for array in arrays.values():
        _ = array.shards  # before a table of as many rows is read
    table = tables.read_parquet(folder / TABLE, id="id", **columns)
    if len(table) != manifest["count"]:
        raise ValueError(
            f"{folder / TABLE} has {len(table)} rows, {MANIFEST} promises {manifest['count']}: "
            f"{AGAIN}"
        )
    return Stamps(table, arrays, manifest["instrument"], manifest["origin"])


def source_rows(prepared: Stamps, stamps: Stamps) -> np.ndarray:
    """Rows (n,) of the stamps that prepared ones, whose table has `source_index`, were made from.

    Raises ValueError where the two do not belong together.
    """
    rows = prepared.table["source_index"].to_numpy()
    inside = (rows >= 0) & (rows < len(stamps))
    ids = stamps.table["id"].to_numpy()[np.where(inside, rows, 0)]
    wrong = ~inside | (ids != prepared.table["id"].to_numpy())
    if wrong.any():
        raise ValueError(
            f"{int(wrong.sum())} of {len(rows)} prepared stamps, the first in row "
            f"{int(np.argmax(wrong))} of their {TABLE}, were not made from these stamps: run "
            "`dvc repro`"
        )
    return rows


class StampWriter:
    """Collects blocks of stamps and writes them as shards; made by `write_stamps`."""

    def __init__(self, folder: Path, instrument: Instrument, origin: str, shard_size: int) -> None:
        self.folder, self.shard_size = folder, shard_size
        self.instrument, self.origin = instrument, origin
        self.count = self.written = 0
        self.tables: list[pd.DataFrame] = []
        self.pending: dict[str, list[np.ndarray]] = {}
        self.forms: dict[str, dict[str, Any]] = {}

    def append(self, table: pd.DataFrame, **arrays: np.ndarray) -> None:
        """Add one block: a table of n rows and arrays (n, rows, columns, bands) of n stamps each.

        Raises ValueError for ids that are no exact integers, and for arrays that differ from the
        first block's, or from the instrument's number of bands.
        """
        bands = len(self.instrument.bands)
        for name, array in arrays.items():
            if array.ndim != 4 or array.shape[-1] != bands:
                raise ValueError(
                    f"{name!r} stamps must be (n, rows, columns, {bands}), one band each of "
                    f"{', '.join(self.instrument.bands)}; received {array.shape}"
                )
        if not self.forms:
            _check_first(arrays)
            self.pending = {name: [] for name in arrays}
            self.forms = {
                name: {"shape": list(array.shape[1:]), "dtype": array.dtype.str}
                for name, array in arrays.items()
            }
        if set(arrays) != set(self.forms):
            raise ValueError(f"this folder holds {sorted(self.forms)}, not {sorted(arrays)}")
        for name, array in arrays.items():
            form = self.forms[name]
            if len(array) != len(table):
                raise ValueError(f"{len(table)} table rows with {len(array)} stamps of {name!r}")
            if list(array.shape[1:]) != form["shape"] or array.dtype.str != form["dtype"]:
                raise ValueError(
                    f"{name!r} stamps must be {form['dtype']} {tuple(form['shape'])}; "
                    f"received {array.dtype.str} {array.shape[1:]}"
                )
            self.pending[name].append(array)
        if "id" in table:
            table = table.assign(id=exact_integers(table["id"], f"id of {self.folder}"))
        self.tables.append(table)
        self.count += len(table)
        while self.count - self.written >= self.shard_size:
            self._write_shard(self.shard_size)

    def close(self) -> None:
        """Write what is left, then the table and the manifest."""
        if not self.count:
            raise ValueError("no stamp to write: see the reasons printed above")
        if self.written < self.count:
            self._write_shard(self.count - self.written)
        files.write_parquet(self.folder / TABLE, pd.concat(self.tables, ignore_index=True))
        manifest = {
            "count": self.count,
            "shard_size": self.shard_size,
            "arrays": self.forms,
            "instrument": self.instrument.to_dict(),
            "origin": self.origin,
        }
        files.write_json(self.folder / MANIFEST, manifest)

    def _write_shard(self, size: int) -> None:
        number = self.written // self.shard_size
        for name, blocks in self.pending.items():
            stamps = np.concatenate(blocks)
            np.save(self.folder / shard_name(name, number), stamps[:size])
            self.pending[name] = [stamps[size:]]
        self.written += size


def _check_first(arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if array.shape[1] != array.shape[2] or array.dtype.str not in DTYPES:
            raise ValueError(
                f"{name!r} stamps must be square and one of {', '.join(DTYPES)}, received "
                f"{array.shape} {array.dtype.str}"
            )


@contextmanager
def write_stamps(
    folder: Path, *, instrument: Instrument, origin: str, shard_size: int = SHARD_SIZE
) -> Iterator[StampWriter]:
    """Write a folder of stamps block by block; the folder appears only when all went well."""
    with files.whole_folder(folder) as partial:
        writer = StampWriter(partial, instrument, origin, shard_size)
        yield writer
        writer.close()
