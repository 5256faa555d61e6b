"""Memory of the reference back end: NumPy arrays in float64."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..contract import kernel

FLOAT = np.float64

Array = NDArray[np.float64]
Indices = NDArray[np.int32]


def empty(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> np.ndarray:
    """A new array of any content; `dtype` is FLOAT, or np.int32 for a max-pooling index."""
    return np.empty(shape, dtype)


def zeros(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> np.ndarray:
    """A new array of zeros; `dtype` is FLOAT, or np.int32 for a max-pooling index."""
    return np.zeros(shape, dtype)


def to_device(array: ArrayLike) -> np.ndarray:
    """A copy in the back end's memory: integers as int32, everything else as FLOAT."""
    host = np.asarray(array)
    return np.array(host, np.int32 if host.dtype.kind in "iu" else FLOAT, order="C")


def to_host(array: np.ndarray) -> np.ndarray:
    """A copy as a NumPy array, dtype kept."""
    return np.array(array)


@kernel(y="...", x="...")
def copy(y: Array, x: Array) -> None:
    """y = x, any shape."""
    y[...] = x


@kernel(y="...", x="...", flag="1")
def copy_if(y: Array, x: Array, flag: Array, wanted: bool) -> None:
    """y = x, any shape, if flag (1,) is not 0, for `wanted` True, or is 0, for False."""
    if bool(flag[0]) is wanted:
        y[...] = x


@kernel(y="...")
def fill(y: Array, value: float) -> None:
    """y = value, any shape."""
    y[...] = value


@kernel(y="...", x="...")
def accumulate(y: Array, x: Array) -> None:
    """y += x, any shape."""
    y += x
