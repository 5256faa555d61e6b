"""Scratch memory on the GPU: allocated on first use, kept, and grown only when more is needed."""

import math
import threading
from typing import Any

from ..arrays import FLOAT, Array, empty


class _Scratch(threading.local):
    """One flat buffer for each purpose; every calling thread has its own."""

    def __init__(self) -> None:
        self._buffers: dict[str, Any] = {}
        self._views: dict[tuple[Any, ...], Any] = {}

    def __call__(self, purpose: str, *shape: int) -> Array:
        """An array of leftovers, valid until the next call for `purpose`."""
        key = (purpose, *shape)
        if key not in self._views:
            size = math.prod(shape)
            buffer = self._buffers.get(purpose)
            if buffer is None or buffer.size < size:
                self._forget(purpose)  # frees the old one first
                buffer = self._buffers[purpose] = empty((size,), FLOAT)
            self._views[key] = buffer[:size].reshape(shape)
        return self._views[key]

    def _forget(self, purpose: str) -> None:
        self._views = {key: view for key, view in self._views.items() if key[0] != purpose}
        self._buffers.pop(purpose, None)


scratch = _Scratch()
