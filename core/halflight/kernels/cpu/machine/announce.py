"""Saying what is being compiled: the first use of a kernel on a machine takes seconds."""

import sys
from pathlib import Path
from typing import Any

from numba.core import event


class Announcer(event.Listener):
    """Writes one line to stderr for every file of kernels of which something is compiled."""

    def __init__(self, package: str, cache: Path) -> None:
        """Listen for functions of modules within `package`; `cache` is where they are kept."""
        self._package, self._cache = package, cache
        self._told: set[str] = set()

    def on_start(self, event: Any) -> None:
        """A function is compiled, not loaded."""
        function = event.data["dispatcher"].py_func
        package, _, module = function.__module__.rpartition(".")
        if not f"{package}.".startswith(f"{self._package}.") or module in self._told:
            return
        if not self._told:
            sys.stderr.write(
                f"compiling kernels for this CPU; later runs load them from {self._cache}\n"
            )
        self._told.add(module)
        sys.stderr.write(f"compiling kernels: {module}\n")
        sys.stderr.flush()

    def on_end(self, event: Any) -> None:
        """Nothing more to say."""
