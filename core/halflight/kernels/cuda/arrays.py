"""Memory of the GPU: arrays of float32, and of int32 where a kernel calls them `index`."""

from typing import Any

import numpy as np
from numba import cuda
from numpy.typing import ArrayLike

from ..contract import twin
from ..reference import arrays as reference
from .machine import gpu
from .machine.compiler import Kernel
from .machine.simulated import SIMULATED

FLOAT = np.float32
Array = Any  # a C-contiguous device array of float32
Indices = Any  # of int32


def empty(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> Any:
    """A new array of any content; `dtype` is FLOAT, or np.int32 for a max-pooling index.

    Raises MemoryError.
    """
    return gpu.allocate(shape, np.dtype(dtype))


def zeros(shape: tuple[int, ...], dtype: type[np.generic] = FLOAT) -> Any:
    """A new array of zeros; `dtype` is FLOAT, or np.int32 for a max-pooling index."""
    array = empty(shape, dtype)
    _fill.over(array.size, *flat(array), dtype(0))
    return array


def to_device(array: ArrayLike) -> Any:
    """A copy in the GPU's memory: integers as int32, everything else as FLOAT."""
    host = np.asarray(array)
    host = np.ascontiguousarray(host, np.int32 if host.dtype.kind in "iu" else FLOAT)
    device = empty(host.shape, host.dtype.type)
    gpu.upload(device, host, gpu.stream())
    gpu.stream().synchronize()  # the host's array may be gone, or have changed, before it is done
    return device


def to_host(array: Any) -> np.ndarray:
    """A copy as a NumPy array, dtype kept; waits for what was launched before."""
    return gpu.download(array, gpu.stream())


@Kernel
def _fill(y, value):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = value


@Kernel
def _copy(y, x):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = x[i]


@Kernel
def _copy_if(y, x, flag, wanted):
    if (flag[0] != np.float32(0)) == wanted:
        for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
            y[i] = x[i]


@Kernel
def _accumulate(y, x):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] += x[i]


def flat(*arrays: Any) -> list[Any]:
    """The same arrays with one axis."""
    return [array.reshape(array.size) for array in arrays]


def aligned(*arrays: Any) -> bool:
    """Whether arrays begin at a multiple of 16 bytes, as loads of four numbers need it."""
    if SIMULATED:
        return True
    return all(array.pointer % 16 == 0 for array in arrays)


def channels_of(array: Any) -> int:
    """The length of the last axis; the simulator's shapes know no index -1."""
    return int(array.shape[array.ndim - 1])


@twin(reference.copy)
def copy(y, x):
    _copy.over(y.size, *flat(y, x))


@twin(reference.copy_if)
def copy_if(y, x, flag, wanted):
    _copy_if.over(y.size, *flat(y, x), flag, bool(wanted))


@twin(reference.fill)
def fill(y, value):
    _fill.over(y.size, *flat(y), FLOAT(value))


@twin(reference.accumulate)
def accumulate(y, x):
    _accumulate.over(y.size, *flat(y, x))
