"""Kept rows: what a long run has measured, chunk by chunk in a folder beside its table.

Ctrl-C, a kill or a full disk lose one chunk at most; the same command goes on from there. The
folder says what it belongs to, so that work on another image, or by another model, is never mixed.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import files
from halflight.reading import ReadingError, name_of, read_json
from halflight.text import shown

SUFFIX = ".partial"
_IDENTITY, _LOCK, _CHUNKS = "run.json", ".lock", "chunk-*.parquet"
_PIECE = 1 << 20
ROW = "row"
"""The column of a kept chunk that says which of the sources asked for each row is."""


class OtherRunError(ValueError):
    """What is kept beside a table belongs to another run."""


class Rows:
    """The rows of a run, in memory."""

    def __init__(self) -> None:
        self._chunks: list[pd.DataFrame] = []

    def done(self) -> NDArray[np.int64]:
        """The numbers of the sources whose rows are there, in order."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(c[ROW] for c in self._chunks)]))

    def keep(self, numbers: NDArray[np.integer], rows: pd.DataFrame) -> None:
        """Add the rows of these sources."""
        self._chunks.append(rows.assign(**{ROW: np.asarray(numbers, np.int64)}))

    def all(self) -> pd.DataFrame:
        """Every row, in the order of the sources."""
        table = pd.concat(self._chunks, ignore_index=True)
        return table.sort_values(ROW, kind="stable", ignore_index=True).drop(columns=ROW)


class KeptRows(Rows):
    """The rows of a run, each chunk also a file; made by `kept_rows`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._chunks = [_chunk(path) for path in sorted(folder.glob(_CHUNKS))]

    def keep(self, numbers: NDArray[np.integer], rows: pd.DataFrame) -> None:
        """Add the rows of these sources, and write them down."""
        super().keep(numbers, rows)
        path = self._folder / _CHUNKS.replace("*", f"{len(self._chunks) - 1:06d}")
        files.write_parquet(path, self._chunks[-1])


@contextmanager
def kept_rows(
    output: Path, identity: Mapping[str, str], *, number: int = 0, restart: bool = False
) -> Iterator[KeptRows]:
    """Yield the rows that are kept for `output`; they are removed when the block succeeds.

    identity: what the rows depend on, by name: hashes of files, options. number: of the image, of
    several for one table. restart: remove what is kept first.

    Raises:
        OtherRunError: what is kept was made of something else, named.
        RuntimeError: another process writes the same table.
        OSError: the folder cannot be written.
    """
    folder = output.with_name(f".{output.name}.{number}{SUFFIX}")
    with _named(output, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOCK).open("w") as lock:
            _lock(lock, output)
            if restart:
                _empty(folder)
            _claim(folder, identity, output)
            try:
                yield KeptRows(folder)
            except BaseException:
                if not any(folder.glob(_CHUNKS)):
                    shutil.rmtree(folder)
                raise
            shutil.rmtree(folder)


@contextmanager
def _named(output: Path, folder: Path) -> Iterator[None]:
    """What the disk refuses in the folder is told of the table that it is for."""
    try:
        yield
    except OSError as error:
        if folder.name not in str(error):
            raise
        why = error.strerror if error.filename is not None else str(error)
        message = (
            f"{output} was not written ({why}); rows that were measured are kept: make room, or "
            "allow writing in its folder, and run again"
        )
        raise (
            OSError(message) if error.errno is None else OSError(error.errno, message)
        ) from error


def _lock(lock: TextIO, output: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(
            f"another process is measuring for {name_of(output)}: wait for it, or give another name"
        ) from None


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files with their names in order."""
    digest = hashlib.sha256()
    folder = path.is_dir()
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if folder else [path]:
        if folder:
            digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()


def _claim(folder: Path, identity: Mapping[str, str], output: Path) -> None:
    """Write down whose rows these are, or refuse those of another run."""
    path = folder / _IDENTITY
    if not path.exists():
        files.write_json(path, dict(identity))
        return
    try:
        before = read_json(path)
    except ReadingError as error:
        raise OtherRunError(f"{error}: begin anew with --restart") from error
    changed = [
        f"{name} (was {shown(before.get(name))}, is {shown(identity.get(name))})"
        for name in sorted(before.keys() | identity.keys())
        if before.get(name) != identity.get(name)
    ]
    if changed:
        raise OtherRunError(
            f"{name_of(output)}: rows of an unfinished run are kept in {name_of(folder)}, made "
            f"with another {', '.join(changed)}: repeat that run, or begin anew with --restart"
        )


def _chunk(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        line = str(error).split("\n")[0]
        raise OtherRunError(
            f"{name_of(path)} is damaged ({line}): begin anew with --restart"
        ) from error


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != _LOCK:
            path.unlink()
