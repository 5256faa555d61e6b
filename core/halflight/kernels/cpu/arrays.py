"""Memory of the CPU back end: NumPy arrays in float32."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..contract import twin
from ..reference import arrays as reference

FLOAT = np.float32

Array = NDArray[np.float32]
Indices = NDArray[np.int32]


# Bytes: a cache line, and the widest register. NumPy's own arrays begin anywhere, and a vector that
# lies in two lines takes two loads.
_ALIGNMENT = 64


def empty(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> np.ndarray:
    """A new array of any content; `dtype` is FLOAT, or np.int32 for a max-pooling index."""
    return _aligned(np.empty, shape, dtype)


def zeros(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> np.ndarray:
    """A new array of zeros; `dtype` is FLOAT, or np.int32 for a max-pooling index."""
    return _aligned(np.zeros, shape, dtype)


def _aligned(
    allocate: Callable[..., np.ndarray], shape: tuple[int, ...], dtype: type[np.generic]
) -> np.ndarray:
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = allocate(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size].view(dtype).reshape(shape)


def to_device(array: ArrayLike) -> np.ndarray:
    """A copy in the back end's memory: integers as int32, everything else as FLOAT."""
    host = np.asarray(array)
    device = empty(host.shape, np.int32 if host.dtype.kind in "iu" else FLOAT)
    device[...] = host
    return device


def to_host(array: np.ndarray) -> np.ndarray:
    """A copy as a NumPy array, dtype kept."""
    return np.array(array)


@twin(reference.copy)
def copy(y, x):
    np.copyto(y, x)


@twin(reference.copy_if)
def copy_if(y, x, flag, wanted):
    if bool(flag[0]) is wanted:
        np.copyto(y, x)


@twin(reference.fill)
def fill(y, value):
    y.fill(value)


@twin(reference.accumulate)
def accumulate(y, x):
    np.add(y, x, out=y)
