"""Scratch memory on the GPU: allocated on first use, kept, and grown only when more is needed."""

import math
import threading
from typing import Any

from .arrays import FLOAT, Array, empty


class _Scratch(threading.local):
    """One flat buffer for each purpose; every calling thread has its own."""

    def __init__(self) -> None:
        self._buffers: dict[str, Any] = {}

    def __call__(self, purpose: str, *shape: int) -> Array:
        """An array of leftovers, valid until the next call for `purpose`."""
        size = math.prod(shape)
        buffer = self._buffers.get(purpose)
        if buffer is None or buffer.size < size:
            self._buffers.pop(purpose, None)  # frees the old one first
            buffer = self._buffers[purpose] = empty((size,), FLOAT)
        return buffer[:size].reshape(shape)


scratch = _Scratch()
