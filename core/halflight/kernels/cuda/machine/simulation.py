"""Numba's simulator in the place of a GPU: the same as driver.py, in plain Python, at once."""

import time

import numpy as np
from numba import cuda

from .device_array import DeviceArray


def name() -> str:
    """What it is."""
    return "Numba's simulator"


def capability() -> tuple[int, int]:
    """As good as any."""
    return (9, 0)


def memory() -> tuple[int, int]:
    """More than anybody fills: 1 TiB."""
    return 1 << 40, 1 << 40


def synchronize() -> None:
    """Nothing to wait for."""


class Stream:
    """Work that is done at once."""

    def synchronize(self) -> None:
        """Nothing to wait for."""


class Event:
    """A moment."""

    def __init__(self) -> None:
        """Now, until it is recorded."""
        self._seconds = time.perf_counter()

    def record(self, stream: Stream) -> None:  # noqa: ARG002 (as on a GPU)
        """Be now."""
        self._seconds = time.perf_counter()

    def hold(self, stream: Stream) -> None:
        """Nothing to wait for."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def since(self, earlier: "Event") -> float:
        """Seconds from another moment to this one."""
        return self._seconds - earlier._seconds


def allocate(shape: tuple[int, ...], dtype: np.dtype) -> DeviceArray:
    """A new array of Numba's."""
    return cuda.device_array(shape, dtype)


def pinned(size: int, dtype: np.dtype) -> np.ndarray:
    """A new array."""
    return np.empty(size, dtype)


def upload(array: DeviceArray, host: np.ndarray, stream: Stream) -> None:  # noqa: ARG001
    """Copy, by way of an array whose strides Numba takes."""
    array.copy_to_device(host.copy())  # type: ignore[attr-defined]


def download(array: DeviceArray, stream: Stream) -> np.ndarray:  # noqa: ARG001 (as on a GPU)
    """A copy."""
    return np.asarray(array.copy_to_host())  # type: ignore[attr-defined]
