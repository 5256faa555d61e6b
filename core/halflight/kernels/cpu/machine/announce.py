"""Saying what is being compiled: the first use of a network's kernels takes a minute or so."""

import sys
import time
from pathlib import Path
from typing import Any, TextIO

from numba.core import event

# Seconds until the first line of a log; every next one takes as long as all before.
_FIRST_LINE = 10.0
_ERASE = "\r\x1b[K"


class Announcer(event.Listener):
    """Tells on stderr that kernels are compiled, how many there were, and how long it took so far.

    On a terminal one line is updated, and gone when nothing is compiled; a log gets few lines.
    """

    def __init__(self, package: str, cache: Path, processor: str) -> None:
        """Listen for functions of modules within `package`, which are kept in `cache`."""
        self._package, self._cache, self._processor = package, cache, processor
        self._under_way = self._count = 0
        self._began = self._seconds = 0.0
        self._next = _FIRST_LINE

    def on_start(self, event: Any) -> None:
        """A function is compiled, not loaded; it may be in the middle of another one."""
        if not self._is_ours(event):
            return
        if self._count == self._under_way == 0:
            sys.stderr.write(
                f"compiling kernels for {self._processor}, once: a minute or so for a network; "
                f"later runs load them from {self._cache}\n"
            )
        if self._under_way == 0:
            self._began = time.monotonic()
        self._under_way += 1
        self._tell(sys.stderr)

    def on_end(self, event: Any) -> None:
        """It is done."""
        if not self._is_ours(event):
            return
        self._under_way -= 1
        self._count += 1
        if self._under_way:
            self._tell(sys.stderr)
            return
        self._seconds += time.monotonic() - self._began
        if sys.stderr.isatty():
            sys.stderr.write(_ERASE)
            sys.stderr.flush()

    def _is_ours(self, event: Any) -> bool:
        module = event.data["dispatcher"].py_func.__module__
        return f"{module}.".startswith(f"{self._package}.")

    def _tell(self, stream: TextIO) -> None:
        seconds = self._seconds + time.monotonic() - self._began
        line = f"compiling kernels: {self._count} functions in {seconds:.0f} s"
        if stream.isatty():
            stream.write(_ERASE + line)
        elif seconds >= self._next:
            self._next = 2 * seconds
            stream.write(line + "\n")
        stream.flush()
