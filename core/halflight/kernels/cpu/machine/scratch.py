"""Scratch memory: allocated on first use, kept, and grown only when a larger shape needs it."""

import math
import threading

from ..arrays import Array, zeros


class _Scratch(threading.local):
    """One flat buffer for each purpose; every calling thread has its own."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def __call__(self, purpose: str, *shape: int) -> Array:
        """An aligned array of float32 leftovers, valid until the next call for `purpose`."""
        size = math.prod(shape)
        buffer = self._buffers.get(purpose)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[purpose] = zeros((size,))
        return buffer[:size].reshape(shape)


scratch = _Scratch()
