"""What the compiled back ends share: formulas compiled with their callers, and cached code."""

import ast
import functools
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from numba.core import config

_KERNELS = __name__.rpartition(".")[0]


def cache_folder(source: str | Path, *identity: str) -> Path:
    """The folder of what `source` compiles to, in NUMBA_CACHE_DIR or the user's cache.

    Numba itself notices only edits of the file that holds a function, not of what it calls, so the
    folder's name hashes the source and every file of the kernels that it imports, together with
    what else changes the code: its `identity`. Documentation and formatting do not change it.
    """
    source = Path(source).resolve()
    digest = hashlib.sha256("\0".join(identity).encode())
    for file in sorted(sources(source)):
        digest.update(_parsed(file.read_text(encoding="utf-8")).code)
    return cache_base() / f"{source.stem}-{digest.hexdigest()[:16]}"


def cache_base() -> Path:
    """The folder of all such folders."""
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or Path(user) / "halflight")


def sources(source: Path) -> set[Path]:
    """`source` and the files of the kernels that it imports, directly or not.

    The contract, which checks arguments in Python, and the reference, whose definitions it gives to
    twins, are compiled nowhere: they do not count.
    """
    found, queue = {source}, [source]
    while queue:
        file = queue.pop()
        files = set(_imported(file)) - found
        files = {f for f in files if f.name != "contract.py" and f.parent.name != "reference"}
        found |= files
        queue += files
    return found


class _Parsed(NamedTuple):
    """What counts of a file: a digest of its code, and its imports."""

    code: bytes
    imports: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...]
    """Dots before each module's name, the name's parts, and what is taken from it."""


@functools.cache
def _parsed(text: str) -> _Parsed:
    tree = ast.parse(text)
    imports: list[tuple[int, tuple[str, ...], tuple[str, ...]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            imports.append((node.level, module, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Import):
            imports += ((0, tuple(alias.name.split(".")), ()) for alias in node.names)
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [part for part in body if not _only_documents(part)]  # type: ignore[attr-defined]
    return _Parsed(hashlib.sha256(ast.dump(tree).encode()).digest(), tuple(imports))


def _only_documents(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imported(file: Path) -> Iterator[Path]:
    """The files that a file imports, of those in the same tree of packages."""
    tree = next(folder for folder in file.parents if not (folder / "__init__.py").is_file())
    for level, module, names in _parsed(file.read_text(encoding="utf-8")).imports:
        place = (file.parents[level - 1] if level else tree).joinpath(*module)
        for part in (place / name for name in names):
            yield from _files_of(part) or _files_of(place)
        if not names:
            yield from _files_of(place)


def _files_of(module: Path) -> list[Path]:
    """The file of a module or package, if it is one."""
    files = module.with_name(f"{module.name}.py"), module / "__init__.py"
    return [file for file in files if file.is_file()]


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
