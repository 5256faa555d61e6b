"""Batches on their way to the GPU: copied from pinned memory while it computes with those before.

Two sets of buffers take turns. A set is filled again only when the GPU is done with what was
launched before the call that came next, and the host waits only for a copy that is two calls old.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arrays import empty
from .machine import gpu

ASYNCHRONOUS = True
"""Whether calls return before they are done."""


def free_memory() -> int:
    """Bytes free on the GPU."""
    return gpu.memory()[0]


def on_host(formula: Callable[..., None]) -> Callable[..., None]:
    """What computes a definition's formula on the host, from copies, and copies back its changes.

    What is not changed is not copied back: it may be an output too, by another name.
    """

    def run(*arguments: Any) -> None:
        places = [i for i, argument in enumerate(arguments) if getattr(argument, "ndim", 0)]
        copies = {i: gpu.download(arguments[i], gpu.stream()) for i in places}
        before = {i: copy.tobytes() for i, copy in copies.items()}
        formula(*(copies.get(i, argument) for i, argument in enumerate(arguments)))
        for i in places:
            if copies[i].tobytes() != before[i]:
                gpu.upload(arguments[i], copies[i], gpu.stream())
        gpu.stream().synchronize()  # the copies are gone, or change, after this

    return run


class _Buffers:
    """The memory of one batch: pinned and on the GPU, an array of each for every position."""

    def __init__(self) -> None:
        self.copied, self.used = gpu.Event(), gpu.Event()
        self._pinned: list[np.ndarray] = []
        self._device: list[Any] = []
        self._views: dict[tuple[int, tuple[int, ...]], tuple[np.ndarray, Any]] = {}

    def place(
        self, position: int, shape: tuple[int, ...], dtype: np.dtype
    ) -> tuple[np.ndarray, Any]:
        """Where an array of this shape goes on the host, and on the GPU."""
        size = math.prod(shape)
        if position == len(self._device):
            self._allocate(position, size, dtype)
        known = self._device[position]
        if known.dtype != dtype or known.size < size:
            self._allocate(position, size, dtype)
        if (position, shape) not in self._views:
            pinned, device = self._pinned[position], self._device[position]
            views = pinned[:size].reshape(shape), device[:size].reshape(shape)
            self._views[position, shape] = views
        return self._views[position, shape]

    def _allocate(self, position: int, size: int, dtype: np.dtype) -> None:
        self._views = {key: views for key, views in self._views.items() if key[0] != position}
        del self._pinned[position:], self._device[position:]
        self._pinned.append(gpu.pinned(size, dtype))
        self._device.append(empty((size,), dtype.type))


class Staging:
    """Takes one batch after the other to the GPU."""

    def __init__(self) -> None:
        """Allocate nothing yet."""
        self._turn, self._sets = 0, (_Buffers(), _Buffers())
        self._copies = gpu.Stream()

    def __call__(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """Return the arrays on the GPU, good for what is called before the next call."""
        ours, before = self._sets[self._turn], self._sets[1 - self._turn]
        self._turn = 1 - self._turn
        before.used.record(gpu.stream())
        ours.copied.synchronize()
        ours.used.hold(self._copies)
        found = []
        for position, array in enumerate(arrays):
            pinned, device = ours.place(position, array.shape, _kept(array.dtype))
            np.copyto(pinned, array, casting="same_kind")
            gpu.upload(device, pinned, self._copies)
            found.append(device)
        ours.copied.record(self._copies)
        ours.copied.hold(gpu.stream())
        return found


def _kept(dtype: np.dtype) -> np.dtype:
    """Integers are int32 on the GPU, everything else float32."""
    return np.dtype(np.int32 if dtype.kind in "iu" else np.float32)
