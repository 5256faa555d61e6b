"""Readback: what kernels write one after the other and the host reads all at once."""

import math

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.memory import aligned

# Values that a device with memory of its own keeps before they must be read: 16 MiB.
CAPACITY = 1 << 22


class Readback:
    """One flat array on the device, given away in pieces until it is full.

    Reading waits for the device; so a back end that computes at once has room for no more than
    is written before the next look, and another for many steps.
    """

    def __init__(self, kernels: Backend) -> None:
        """Allocate nothing yet."""
        self._kernels = kernels
        self._buffer: Array = None
        self._capacity = self._end = 0
        self._pieces: list[tuple[int, Shape]] = []
        self._views: dict[tuple[int, Shape], Array] = {}

    def fits(self, *shapes: Shape) -> bool:
        """Whether arrays of these shapes can be kept before the next `read`."""
        if not self._pieces:
            self._reserve(sum(aligned(math.prod(shape)) for shape in shapes))
        return self._end + sum(aligned(math.prod(shape)) for shape in shapes) <= self._capacity

    def array(self, shape: Shape) -> Array:
        """Return the next array to write, after `fits` said that it has its place."""
        key = (self._end, shape)
        if key not in self._views:
            piece = self._buffer[self._end : self._end + math.prod(shape)]
            self._views[key] = piece.reshape(shape)
        self._pieces.append(key)
        self._end += aligned(math.prod(shape))
        return self._views[key]

    def read(self) -> list[Host]:
        """Return all arrays in their order, and begin anew; waits for the device."""
        if not self._pieces:
            return []
        host = self._kernels.to_host(self._buffer[: self._end])
        pieces, self._pieces, self._end = self._pieces, [], 0
        return [
            host[start : start + math.prod(shape)].reshape(shape).copy() for start, shape in pieces
        ]

    def _reserve(self, size: int) -> None:
        if size > self._capacity:
            self._capacity = max(size, CAPACITY if self._kernels.ASYNCHRONOUS else 0)
            self._buffer, self._views = None, {}  # frees the old one first
            self._buffer = self._kernels.empty((self._capacity,))
