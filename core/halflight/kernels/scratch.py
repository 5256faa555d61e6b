"""Scratch memory: allocated on first use, kept, and grown only when a larger shape needs it."""

import math
import threading
from collections.abc import Callable
from typing import Any


class Scratch(threading.local):
    """One flat buffer for each purpose; every calling thread has its own."""

    def __init__(self, allocate: Callable[[tuple[int]], Any]) -> None:
        """Take what gives memory for so many numbers of the back end's FLOAT."""
        self._allocate = allocate
        self._buffers: dict[str, Any] = {}
        self._views: dict[tuple[Any, ...], Any] = {}

    def __call__(self, purpose: str, *shape: int) -> Any:
        """An array of leftovers, valid until the next call for `purpose`."""
        key = (purpose, *shape)
        view = self._views.get(key)
        if view is None:
            size = math.prod(shape)
            buffer = self._buffers.get(purpose)
            if buffer is None or buffer.size < size:
                self._forget(purpose)  # frees the old one first
                buffer = self._buffers[purpose] = self._allocate((size,))
            view = self._views[key] = buffer[:size].reshape(shape)
        return view

    def _forget(self, purpose: str) -> None:
        self._views = {key: view for key, view in self._views.items() if key[0] != purpose}
        self._buffers.pop(purpose, None)
