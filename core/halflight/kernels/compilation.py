"""What the compiled back ends share: formulas compiled with their callers, and cached code."""

import ast
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

from numba.core import config

_KERNELS = __name__.rpartition(".")[0]


def cache_folder(source: str | Path, *identity: str) -> Path:
    """The folder of what `source` compiles to, in NUMBA_CACHE_DIR or the user's cache.

    Numba itself notices only edits of the file that holds a function, not of what it calls, so the
    folder's name hashes the source and every file of the kernels that it imports, together with
    what else changes the code: its `identity`.
    """
    source = Path(source).resolve()
    digest = hashlib.sha256("\0".join(identity).encode())
    for file in sorted(sources(source)):
        digest.update(file.read_bytes())
    return cache_base() / f"{source.stem}-{digest.hexdigest()[:16]}"


def cache_base() -> Path:
    """The folder of all such folders."""
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or Path(user) / "halflight")


def sources(source: Path) -> set[Path]:
    """`source` and the files of the kernels that it imports, directly or not.

    contract.py checks arguments in Python and is compiled nowhere: it does not count.
    """
    found, queue = {source}, [source]
    while queue:
        file = queue.pop()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                place = file.parents[node.level - 1] / (node.module or "").replace(".", "/")
                inside = {place / f"{alias.name}.py" for alias in node.names}
                files = {f for f in inside | {place.with_suffix(".py")} if f.is_file()} - found
                files = {f for f in files if f.name != "contract.py"}
                found |= files
                queue += files
    return found


@contextmanager
def cached_in(folder: Path) -> Iterator[None]:
    """Numba reads its cache folder when a function is decorated; other users keep theirs."""
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


def formulas_of(function: Callable[..., Any]) -> dict[str, FunctionType]:
    """The plain functions of the kernels that a function names: they are compiled with it."""
    seen = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    return {
        name: value
        for name, value in seen.items()
        if isinstance(value, FunctionType) and value.__module__.startswith(_KERNELS)
    }


def with_globals(function: Any, name: str, **changed: Any) -> Any:
    """A copy of a function that sees other globals; `name` must be its own in its file.

    Numba tells the functions of a file apart in its cache by name, line and byte code.
    """
    copy = FunctionType(
        function.__code__, function.__globals__ | changed, name, function.__defaults__
    )
    copy.__qualname__ = name
    copy.__module__ = function.__module__
    return copy
