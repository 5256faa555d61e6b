"""Lets processes that compile side by side share Numba's cache of compiled kernels.

Numba gives a kernel's new machine code the first file name that its index does not know. Two
processes that save at once may both take the same name, for arguments of different types, and then
one of the two is loaded for the other. So they save and load one at a time.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Where the class is: numba-cuda has one of its own, and earlier used that of Numba.
MODULES = ("numba.cuda.core.caching", "numba.core.caching")


def share(lock: Path) -> int:
    """Make this process use the file `lock`; how many of Numba's caches now do."""
    found = 0
    for name in MODULES:
        try:
            kind = importlib.import_module(name).IndexDataCacheFile
        except (ImportError, AttributeError):
            continue
        for method in ("save", "load"):
            setattr(kind, method, _guarded(getattr(kind, method), lock))
        found += 1
    return found


def _guarded(method: Any, lock: Path) -> Any:
    def guarded(self: Any, *arguments: Any) -> Any:
        with _alone(lock):
            return method(self, *arguments)

    return guarded


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for the lock, and hold it."""
    import fcntl

    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
