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

from halflight import files
from halflight.instrument import Instrument
from halflight.integers import exact_integers

SHARD_SIZE = 1024
MANIFEST = "stamps.json"
TABLE = "table.parquet"
KEYS = {"count", "shard_size", "arrays", "instrument", "origin"}


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
        out = np.empty((indices.size, *self.shape[1:]), self.dtype)
        numbers, places = np.divmod(indices, self.shard_size)
        shards = self.shards
        for i in np.argsort(indices, kind="stable").tolist():
            out[i] = shards[numbers[i]][places[i]]
        return out

    @cached_property
    def shards(self) -> list[np.ndarray]:
        """The memory-mapped shards, checked against the manifest when first used."""
        shards = []
        for number, start in enumerate(range(0, len(self), self.shard_size)):
            path = self.folder / shard_name(self.name, number)
            want = (min(self.shard_size, len(self) - start), *self.shape[1:])
            try:
                shard = np.load(path, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise ValueError(
                    f"{path} is missing or damaged ({error}): run `dvc repro`"
                ) from error
            if shard.shape != want or shard.dtype != self.dtype:
                raise ValueError(
                    f"{path} holds {shard.dtype} {shard.shape}, {MANIFEST} promises "
                    f"{self.dtype} {want}: delete the folder and run `dvc repro`"
                )
            shards.append(shard.view(np.ndarray))  # whose stamps are cheaper to take one by one
        return shards


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
        return self.arrays[name]


def read_stamps(folder: Path) -> Stamps:
    """Open a folder of stamps.

    Raises FileNotFoundError where there is none, ValueError for a manifest of another version, or
    where table and manifest disagree.
    """
    manifest_path = folder / MANIFEST
    if not manifest_path.is_file():
        raise FileNotFoundError(f"no stamps at {folder} ({MANIFEST} is missing): run `dvc repro`")
    manifest = files.read_json(manifest_path)
    if not isinstance(manifest, dict) or set(manifest) != KEYS:
        raise ValueError(
            f"{manifest_path} needs exactly the keys {sorted(KEYS)}: it was damaged, or written by "
            "another version; delete the folder and run `dvc repro`"
        )
    count, shard_size = manifest["count"], manifest["shard_size"]
    try:
        instrument = Instrument.from_dict(manifest["instrument"])
    except ValueError as error:
        raise ValueError(f"{manifest_path}: {error}") from error
    table = _with_exact_ids(pd.read_parquet(folder / TABLE), folder / TABLE)
    if len(table) != count:
        raise ValueError(
            f"{folder / TABLE} has {len(table)} rows, {MANIFEST} promises {count}: "
            "delete the folder and run `dvc repro`"
        )
    arrays = {
        name: ShardedArray(folder, name, count, shard_size, tuple(form["shape"]), form["dtype"])
        for name, form in manifest["arrays"].items()
    }
    return Stamps(table, arrays, instrument, str(manifest["origin"]))


def _with_exact_ids(table: pd.DataFrame, place: object) -> pd.DataFrame:
    """The table, whose ids keep every digit; raises ValueError naming one that may not."""
    if "id" not in table:
        return table
    return table.assign(id=exact_integers(table["id"], f"id of {place}"))


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
        self.tables.append(_with_exact_ids(table, "the block"))
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


@contextmanager
def write_stamps(
    folder: Path, *, instrument: Instrument, origin: str, shard_size: int = SHARD_SIZE
) -> Iterator[StampWriter]:
    """Write a folder of stamps block by block; the folder appears only when all went well."""
    with files.whole_folder(folder) as partial:
        writer = StampWriter(partial, instrument, origin, shard_size)
        yield writer
        writer.close()
