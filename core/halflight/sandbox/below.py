"""A file below a folder, opened so that no link, name or race leads out of it."""

import errno
import os
import stat
from pathlib import Path, PurePosixPath

LARGEST = 2**28  # bytes: SDSS's largest files, photoObj of a long run, have some 100 MB

# What a path that leads nowhere, or through a link that was just put there, ends with.
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO)

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC  # never waits for a pipe


def read_below(folder: Path, path: str) -> bytes | None:
    """The bytes of the regular file `path` below `folder`, or None where there is none.

    Links are followed as long as they stay below. Every step of the path that results is opened
    from the one before, without following links, so that nothing can be exchanged in between.

    Args:
        folder: absolute, without links in it.
        path: of a request, in POSIX's form.

    Raises:
        OSError: the file is there but cannot be read, or is larger than any of SDSS's.
    """
    parts = PurePosixPath(path).parts
    if path.startswith("/") or "\0" in path or ".." in parts or "/".join(parts) != path:
        return None
    try:
        real = (folder / path).resolve(strict=True)
        descriptor = _opened(folder, real.relative_to(folder).parts)
    except (ValueError, RuntimeError):  # it lies elsewhere; links in a circle
        return None
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise
    try:
        form = os.fstat(descriptor)
        if not stat.S_ISREG(form.st_mode):
            return None
        if form.st_size > LARGEST:
            raise OSError(f"it has {form.st_size} bytes, and may have {LARGEST}")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST)
    finally:
        os.close(descriptor)


def _opened(folder: Path, steps: tuple[str, ...]) -> int:
    """A descriptor of what lies some steps below a folder, none of them a link."""
    here = os.open(folder, _FOLDER)
    for number, step in enumerate(steps, 1):
        try:
            below = os.open(step, _FILE if number == len(steps) else _FOLDER, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here
