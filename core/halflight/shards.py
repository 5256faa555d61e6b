"""Shards: what workers elsewhere are asked and what they answer, as files in a folder that all see.

A folder holds one subfolder a function, and in it `function`, and for each task `HASH.shard`, what
was answered, and, where the task is more than a few numbers, `HASH.task`. Names are hashes of the
function, of the code and the libraries that it is made of, and of the task: whoever asks the same
again finds what was answered, and nobody else does. Files are pickles, as between processes here:
the folder is closed to other users. They appear whole, and begin with a hash of what follows: they
are not forced to the disk, which would cost more than most tasks.
"""

import hashlib
import os
import pickle
import platform
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import halflight
from halflight.one_thread import begin_with_one_thread, on_one_thread

FOLDER = "HALFLIGHT_SHARDS"
_DEFAULT = ".halflight-shards"
# Bytes up to which a task travels with the message that asks for it: less than the message itself.
_MESSAGE = 4096
# What the last bits of a result depend on, beside the code: these libraries, and the versions of
# their functions, which they choose by the processor when they are loaded.
_LIBRARIES = ("numpy", "scipy", "numba", "galsim", "scikit-learn", "sep")
_PROCESSOR = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")
_HASH = 16  # bytes


class ShardError(RuntimeError):
    """A worker cannot give the answer that this process would; the message says what to do."""


class Question(NamedTuple):
    """One task of a function, by where it is asked and answered."""

    folder: str
    """Of the function."""
    key: str
    """The hash of the task."""
    task: bytes | None
    """The pickle of a small one; None: in its file."""

    @property
    def answer(self) -> Path:
        """Where it is answered."""
        return self._file("shard")

    @property
    def asked(self) -> Path:
        """Where a task that is large is read."""
        return self._file("task")

    def _file(self, kind: str) -> Path:
        return Path(self.folder) / self.key[:2] / f"{self.key}.{kind}"  # a folder of few files


@dataclass(frozen=True)
class Shards:
    """The questions and answers of one function.

    Raises what pickle does where the function has no name by which others could import it.
    """

    function: Callable[[Any], Any]

    @cached_property
    def folder(self) -> Path:
        """Its own, which exists, with the function in it; its path holds on every machine."""
        content = pickle.dumps((surroundings(), _code_of(self.function), self._pickled))
        base = Path(os.environ.get(FOLDER) or _DEFAULT).resolve()
        folder = base / _digest(content)
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / "function").is_file():
            _write(folder / "function", content)
        return folder

    @cached_property
    def _pickled(self) -> bytes:
        return pickle.dumps(self.function)

    def ask(self, task: Any) -> Question:
        """The question of a task, with what workers need to answer it in place."""
        content = pickle.dumps(task)
        small = len(content) <= _MESSAGE
        question = Question(str(self.folder), _digest(content), content if small else None)
        if not (small or question.answer.is_file() or question.asked.is_file()):
            _write(question.asked, content)
        return question

    def remove(self) -> None:
        """Take it all away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read(question: Question) -> Any:
    """The answer. Raises ShardError, naming the file, where it is missing or damaged."""
    question.asked.unlink(missing_ok=True)
    return pickle.loads(_read(question.answer))  # noqa: S301 - of this user's own folder


def work(question: tuple[str, str, bytes | None]) -> None:
    """Answer a question, on a worker, unless its answer is there.

    Raises:
        ShardError: the folder is not seen from here, or what the result depends on is not as it is
            where the question was asked.
        Exception: what the function raises.
    """
    asked = Question(*question)
    if asked.answer.is_file():
        return
    os.environ.pop("HALFLIGHT_CLUSTER", None)  # a worker that asks others waits for itself
    begin_with_one_thread()
    function = _function(asked.folder)
    content = _read(asked.asked) if asked.task is None else asked.task
    result = on_one_thread(function, pickle.loads(content))  # noqa: S301 - of this user's own folder
    _write(asked.answer, pickle.dumps(result))


@lru_cache(maxsize=8)  # a run has few, and some hold arrays
def _function(folder: str) -> Callable[[Any], Any]:
    content = _read(Path(folder) / "function")
    there, _, pickled = pickle.loads(content)  # noqa: S301 - of this user's own folder
    here = surroundings()
    if other := [f"{k} {here[k]}, not {there[k]}" for k in here if here[k] != there.get(k)]:
        raise ShardError(
            f"a worker on {platform.node()} has {'; '.join(other)}, and would give other bytes: "
            "start it with the same environment"
        )
    return pickle.loads(pickled)  # noqa: S301 - as above


@lru_cache(maxsize=1)
def surroundings() -> dict[str, str]:
    """What the bytes of a result depend on, beside function and task."""
    found = {"Python": platform.python_version(), "machine": platform.machine()}
    found |= {name: _version(name) for name in _LIBRARIES}
    found |= {name: os.environ.get(name, "unset") for name in _PROCESSOR}
    [place] = halflight.__path__
    code = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(place).rglob("*.py")):
        code.update(path.relative_to(place).as_posix().encode() + b"\0" + path.read_bytes())
    return found | {"halflight": code.hexdigest()}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def _code_of(function: Any) -> str:
    """A hash of the file that a function of others is in; that of ours is known by the package."""
    while isinstance(function, partial):
        function = function.func
    module = sys.modules.get(getattr(function, "__module__", ""))
    file = getattr(module, "__file__", None)
    return _digest(Path(file).read_bytes()) if file else ""


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_HASH).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_file = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    partial_file.write_bytes(bytes.fromhex(_digest(content)) + content)
    partial_file.replace(path)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ShardError(
            f"{platform.node()} cannot read {path} ({error.strerror}): {FOLDER} must name a folder "
            "that every worker sees under the same path"
        ) from error
    if content[:_HASH].hex() != _digest(content[_HASH:]):
        raise ShardError(f"{path} is damaged: delete it and run again")
    return content[_HASH:]
