"""Files and folders that are either whole or absent: made under another name, synced, renamed.

A partial one is called `.NAME.PID-RANDOM.partial`, so that no two writers share it: of several
writers of one target the last to finish wins. What a process that died has left is removed when the
same target is written next.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halflight import reading
from halflight.text import table_cell

if TYPE_CHECKING:
    import pandas as pd

AnyPath = str | os.PathLike[str]


@contextmanager
def whole_file(path: AnyPath) -> Iterator[Path]:
    """Yield the name of a file to write, which takes the name `path` if the block succeeds.

    Whatever the block raises passes through. Raises OSError, naming `path`, where the disk or the
    folder refuses; what was there before is then unchanged.
    """
    with _partial_of(Path(path)) as (partial, target):
        yield partial
        sync(partial)
        partial.replace(target)


@contextmanager
def whole_folder(folder: AnyPath) -> Iterator[Path]:
    """Yield a new folder, which takes the name `folder` if, and only if, the block succeeds.

    POSIX cannot exchange two folders in one step: for a moment between two renames there is none,
    and a writer that dies in it leaves the old one for the next to put back. Raises as `whole_file`
    does.
    """
    with _partial_of(Path(folder)) as (partial, target):
        partial.mkdir()
        yield partial
        for file in partial.rglob("*"):
            if file.is_file():
                sync(file)
        _replace_folder(partial, target)


def write_whole(path: AnyPath, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, and rename it into place."""
    with whole_file(path) as partial:
        write(partial)


def sync(path: Path) -> None:
    """Force a closed file's bytes to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: AnyPath, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def write_bytes(path: AnyPath, content: bytes) -> Path:
    """Write bytes, whole or not at all; return the path."""
    write_whole(path, lambda partial: partial.write_bytes(content))
    return Path(path)


def write_json(path: AnyPath, value: Mapping[str, Any]) -> None:
    """Write readable JSON; a NaN is an error, because JSON has none."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file as `halflight.reading` does; the error of a broken one says what to do."""
    try:
        return reading.read_json(path)
    except reading.ReadingError as error:
        raise ValueError(f"{error}: delete it and run `dvc repro`") from error


def write_parquet(path: AnyPath, table: "pd.DataFrame") -> None:
    """Write a table as Parquet, whole or not at all."""
    write_whole(path, lambda partial: table.to_parquet(partial, index=False))


def write_csv(path: AnyPath, table: "pd.DataFrame") -> None:
    """Write a table as CSV with nine significant digits, enough to restore any float32.

    Text that a spreadsheet would take for a formula is quoted by an apostrophe (`table_cell`).
    """
    safe = table.rename(columns=table_cell)
    for number, kind in enumerate(safe.dtypes):
        if kind.kind not in "iufbc":
            safe.isetitem(number, [table_cell(value) for value in safe.iloc[:, number]])
    write_whole(path, lambda partial: safe.to_csv(partial, index=False, float_format="%.9g"))


@contextmanager
def _partial_of(target: Path) -> Iterator[tuple[Path, Path]]:
    """A name that only this writer of `target` has, and `target`; nothing of that name stays.

    An error of the disk or the folder names `target`. It is a plain OSError without a file
    (NumPy's has no number either), or names the partial (Arrow's in its text alone); those of
    networks are of other classes.
    """
    partial = _own_name(target, "partial")
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _tidy(target)
            yield partial, target
        finally:
            _remove(partial)
    except OSError as error:
        at = error.filename
        unnamed = type(error) is OSError or partial.name in str(error)
        if not (unnamed if at is None else _concerns(at, partial)):
            raise
        message = (
            f"{target} was not written ({error.strerror or error}); what was there before is "
            "unchanged: make room, or allow writing in its folder, and run again"
        )
        named = OSError(message) if error.errno is None else OSError(error.errno, message)
        raise named from error


def _concerns(at: object, partial: Path) -> bool:
    """Whether what an error names is the partial file or folder, in it, or a folder above it."""
    if not isinstance(at, str | bytes | os.PathLike):
        return False
    named = Path(os.fsdecode(at))
    return partial.is_relative_to(named) or named.is_relative_to(partial)


def _own_name(target: Path, kind: str) -> Path:
    """A name beside `target` that no other writer, in this process or another, has."""
    return target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.{kind}")


def _tidy(target: Path) -> None:
    """Remove what writers of `target` that have died left; put a folder back that one had moved."""
    form = re.compile(rf"\.{re.escape(target.name)}\.(\d+)-[0-9a-f]{{8}}\.(partial|old)")
    for path in target.parent.iterdir():
        match = form.fullmatch(path.name)
        if match is None or _is_alive(int(match[1])):
            continue
        if match[2] == "old" and not target.exists():
            with suppress(FileNotFoundError):  # another writer was faster
                path.rename(target)
        else:
            _remove(path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _remove(path: Path) -> None:
    """Remove a file or folder as far as possible: what stays is nobody's, and is tried again."""
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()


def _replace_folder(new: Path, target: Path) -> None:
    """Put a folder in the place of another, which other writers may be replacing as well."""
    while not _renamed(new, target):
        old = _own_name(target, "old")
        try:
            target.rename(old)
        except FileNotFoundError:  # another writer has just moved it
            continue
        try:
            if _renamed(new, target):
                return
        finally:
            if target.exists():
                _remove(old)
            else:
                old.rename(target)


def _renamed(new: Path, target: Path) -> bool:
    """Rename a folder; False where there is already one that is not empty."""
    try:
        new.rename(target)
    except OSError as error:
        if error.errno in (EEXIST, ENOTEMPTY):
            return False
        raise
    return True
