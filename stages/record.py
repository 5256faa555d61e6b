"""What dvc.lock says of a stage: its parameters, code and data must be those that it ran with.

DVC reads them when a stage has ended, and so would record as run what was edited meanwhile.
"""

import ast
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from halflight.params.plain import plain_values
from halflight.paths import PARAMS, PIPELINE, STUDIES
from stages import ROOT, SOURCES, source_files

SHOWN = 4  # names of what changed that an error lists


class ChangedError(RuntimeError):
    """What a stage depends on changed while it ran; the message names it."""


@contextmanager
def unchanged(stage: str, items: Mapping[str, str]) -> Iterator[None]:
    """Refuse to end a stage whose parameters, code or data changed within the block.

    items: the values of its matrix, by name. A change of a comment, a docstring or a layout alone
    changes nothing. Raises ChangedError naming what changed, after the stage's outputs are removed.
    """
    entry = entry_of(stage, items)
    settings, data = _read(PARAMS), _look_at(entry)
    yield
    changed = [
        *_changed_settings(entry, settings, _read(PARAMS)),
        *_changed_code(entry, SOURCES, source_files()),
        *sorted(str(path) for path, _ in data.items() ^ _look_at(entry).items()),
    ]
    if not changed:
        return
    for output in outputs_of(entry):
        _remove(output)
    unique = list(dict.fromkeys(changed))
    more = f" and {len(unique) - SHOWN} more" if len(unique) > SHOWN else ""
    raise ChangedError(
        f"{', '.join(unique[:SHOWN])}{more} changed while this stage ran, so dvc.lock would name "
        "what did not run; its outputs were removed: run `dvc repro` again"
    )


def code_fingerprint(stage: str, items: Mapping[str, str]) -> str:
    """A hash of the code of a stage, as it was when this process began."""
    digest = hashlib.blake2b(digest_size=16)
    for name, text in sorted(_code(entry_of(stage, items), SOURCES).items()):
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def entry_of(stage: str, items: Mapping[str, str]) -> dict[str, Any]:
    """What the dvc.yaml that has a stage says of it, for these values of its matrix.

    The pipeline's comes first, then those of the studies. Of an unknown stage, nothing.
    """
    described = map(_stages_of, (ROOT / PIPELINE, *sorted(ROOT.glob(STUDIES))))
    text = json.dumps(next((stages[stage] for stages in described if stage in stages), {}))
    for name, value in items.items():
        text = text.replace(f"${{item.{name}}}", json.dumps(value)[1:-1])
    return dict(json.loads(text))


def _stages_of(pipeline: Path) -> dict[str, Any]:
    return dict(plain_values(_read(pipeline) or b"{}").get("stages", {}))


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _code(entry: Mapping[str, Any], sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of code among the dependencies."""
    deps = entry.get("deps", ())
    folders = tuple(f"{dep}/" for dep in deps)
    return {n: text for n, text in sources.items() if n in deps or n.startswith(folders)}


def _changed_code(
    entry: Mapping[str, Any], before: Mapping[str, bytes], now: Mapping[str, bytes]
) -> list[str]:
    old, new = _code(entry, before), _code(entry, now)
    differing = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return [name for name in differing if _meaning(name, old) != _meaning(name, new)]


def _meaning(name: str, sources: Mapping[str, bytes]) -> str | bytes | None:
    """A file as Python sees it, without comments, layout and docstrings."""
    text = sources.get(name)
    if text is None or not name.endswith(".py"):
        return text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            body[:] = [line for line in body if not _does_nothing(line)]
    return ast.dump(tree)


def _does_nothing(line: ast.AST) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _look_at(entry: Mapping[str, Any]) -> dict[Path, tuple[int, int]]:
    """Size and time of each file of data among the dependencies."""
    found = {}
    for dep in map(Path, entry.get("deps", ())):
        if dep.parts[0] not in ("core", "stages"):
            for path in (dep, *dep.rglob("*")):
                with suppress(FileNotFoundError):  # removed since it was listed
                    if path.is_file() and not path.name.startswith("."):  # no partial one
                        found[path] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


def _changed_settings(
    entry: Mapping[str, Any], before: bytes | None, now: bytes | None
) -> list[str]:
    if before == now:
        return []
    try:
        old, new = plain_values(before or b"{}"), plain_values(now or b"{}")
    except ValueError:
        return [str(PARAMS)]
    sections = entry.get("params", ())
    return [
        name
        for section in sections
        for name in _differing(_at(old, section), _at(new, section), section)
    ]


def _at(tree: Any, name: str) -> Any:
    for part in name.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _differing(old: Any, new: Any, name: str) -> Iterator[str]:
    """The dotted names of the values that are not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differing(old.get(key), new.get(key), f"{name}.{key}")
    elif old != new:
        yield name


def outputs_of(entry: Mapping[str, Any]) -> list[Path]:
    """The files and folders that a stage writes."""
    listed = [*entry.get("outs", ()), *entry.get("metrics", ()), *entry.get("plots", ())]
    return [Path(next(iter(each)) if isinstance(each, dict) else each) for each in listed]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
