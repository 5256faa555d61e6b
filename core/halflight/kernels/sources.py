"""The files that a kernel is compiled from, and what of them counts."""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


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


def code_of(file: Path) -> bytes:
    """A digest of a file's code, without its documentation and formatting."""
    return _parsed(file.read_text(encoding="utf-8")).code


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
