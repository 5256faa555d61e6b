"""Machine code on disk, found by what it is made of: every clone of the same sources finds it.

A file is one compiled function for one set of types. Its folder's name hashes the sources, its own
name hashes the rest. Files are whole or absent, whoever else compiles or is killed meanwhile, and
begin with a digest: a damaged one counts as absent.
"""

import functools
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from .sources import code_of, sources

_DIGEST = hashlib.sha256().digest_size
_DAY = 24 * 60 * 60
# Of code that was not used for so long, an older version's or of an experiment, nothing is kept.
_KEPT_DAYS = 60
_FOLDER = re.compile(r"\w+-[0-9a-f]{16}")


def cache_base() -> Path:
    """The folder of all machine code, in NUMBA_CACHE_DIR or the user's cache."""
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or user) / "halflight"


def cache_folder(source: str | Path, *identity: str) -> Path:
    """The folder of what `source` compiles to.

    Its name hashes the source and every file of the kernels that it imports, together with what
    else changes the code: Python and its `identity`. Documentation, formatting and the place of the
    files do not change it.
    """
    source = Path(source).resolve()
    digest = hashlib.sha256("\0".join((sys.version, *identity)).encode())
    for file in sorted(sources(source)):
        digest.update(code_of(file))
    return cache_base() / f"{source.stem}-{digest.hexdigest()[:16]}"


def read(file: Path) -> bytes | None:
    """What was written; None if the file is absent, damaged or not to be read."""
    try:
        kept = file.read_bytes()
    except OSError:  # then it is compiled, which is announced, and write() says why it is not kept
        return None
    _mark_as_used(file.parent)
    digest, content = kept[:_DIGEST], kept[_DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def write(file: Path, content: bytes) -> None:
    """Keep the content; where there is no room or permission, say so and go on without."""
    _forget_unused(file.parent.parent)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            part = Path(stream.name)
            try:
                stream.write(hashlib.sha256(content).digest() + content)
                stream.flush()
                part.replace(file)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        _say_not_kept(str(file.parent.parent), error.strerror or str(error))


@functools.cache
def _say_not_kept(base: str, reason: str) -> None:
    sys.stderr.write(
        f"compiled kernels are not kept: {base}: {reason}; every process compiles anew, until "
        "there is room or NUMBA_CACHE_DIR names a folder that can be written\n"
    )


@functools.cache
def _mark_as_used(folder: Path) -> None:
    with suppress(OSError):  # a cache that can only be read is never cleaned either
        if folder.stat().st_mtime < time.time() - _DAY:
            os.utime(folder)


@functools.cache
def _forget_unused(base: Path) -> None:
    """Delete folders of code that nobody used for long."""
    oldest = time.time() - _KEPT_DAYS * _DAY
    for folder in base.iterdir() if base.is_dir() else ():
        with suppress(OSError):  # another process deletes it, too
            if _FOLDER.fullmatch(folder.name) and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)
