"""The NVIDIA driver: one GPU's memory, streams, events and kernels, through NVIDIA's cuda-bindings.

Numba compiles; its own arrays and launches are left aside, because each costs the host tens of
microseconds, of which a step of training would spend more than a fast GPU computes.
"""

import ctypes
import functools
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from cuda.bindings import driver  # type: ignore[import-untyped]

from .device_array import DeviceArray

_THREAD = threading.local()


class DriverError(RuntimeError):
    """A call of the driver that failed; `code` is its CUresult."""

    def __init__(self, function: str, code: Any) -> None:
        """Name the function and the code."""
        super().__init__(f"{function}: {code.name}")
        self.code = code


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function of the driver returns beside its code.

    Raises MemoryError when the GPU's memory is full, DriverError for all else.
    """
    code, *found = function(*arguments)
    if code != driver.CUresult.CUDA_SUCCESS:
        if code == driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
            raise MemoryError(f"the GPU's memory is full: {function.__name__}")
        raise DriverError(function.__name__, code)
    return found[0] if len(found) == 1 else tuple(found)


@functools.cache
def _device() -> Any:
    """The first GPU that CUDA_VISIBLE_DEVICES leaves visible, with the context all programs use."""
    call(driver.cuInit, 0)
    device = call(driver.cuDeviceGet, 0)
    return device, call(driver.cuDevicePrimaryCtxRetain, device)


def use() -> None:
    """Let this thread speak to the GPU."""
    if not getattr(_THREAD, "ready", False):
        call(driver.cuCtxSetCurrent, _device()[1])
        _THREAD.ready = True


def name() -> str:
    """The GPU's name."""
    return str(call(driver.cuDeviceGetName, 128, _device()[0]).split(b"\0")[0].decode())


def capability() -> tuple[int, int]:
    """Its compute capability."""
    kinds = driver.CUdevice_attribute
    parts = (
        kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
        kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
    )
    major, minor = (call(driver.cuDeviceGetAttribute, part, _device()[0]) for part in parts)
    return int(major), int(minor)


def memory() -> tuple[int, int]:
    """Bytes of its memory that are free, and all."""
    use()
    free, total = call(driver.cuMemGetInfo)
    return int(free), int(total)


def synchronize() -> None:
    """Wait until the GPU has done all that it was given."""
    use()
    call(driver.cuCtxSynchronize)


class Stream:
    """Work that is done in the order in which it was given."""

    def __init__(self) -> None:
        """Create one."""
        use()
        self.handle = call(driver.cuStreamCreate, 0)

    def synchronize(self) -> None:
        """Wait until all of it is done."""
        call(driver.cuStreamSynchronize, self.handle)


class Event:
    """A point of a stream."""

    def __init__(self) -> None:
        """Create one; it is no point yet, and nobody waits for it."""
        use()
        self._handle = call(driver.cuEventCreate, 0)

    def record(self, stream: Stream) -> None:
        """Be where the stream's work ends now."""
        call(driver.cuEventRecord, self._handle, stream.handle)

    def hold(self, stream: Stream) -> None:
        """Let what is given to the stream from now on wait for this point."""
        call(driver.cuStreamWaitEvent, stream.handle, self._handle, 0)

    def synchronize(self) -> None:
        """Wait for this point."""
        call(driver.cuEventSynchronize, self._handle)

    def since(self, earlier: "Event") -> float:
        """Seconds from another point to this one, which must both be past."""
        return 1e-3 * float(call(driver.cuEventElapsedTime, earlier._handle, self._handle))


class _Allocation:
    """Memory of the GPU, given back when nobody uses it."""

    def __init__(self, size: int) -> None:
        use()
        try:
            self.pointer = int(call(driver.cuMemAlloc, size))
        except MemoryError as full:
            free, total = (f"{part / 2**30:.2f} GiB" for part in memory())
            raise MemoryError(
                f"{size / 2**30:.2f} GiB wanted on the GPU {name()}, {free} of {total} are free"
            ) from full

    def __del__(self) -> None:
        pointer = getattr(self, "pointer", 0)
        if pointer and driver is not None:  # None while Python ends
            use()
            driver.cuMemFree(pointer)


class _Pinned:
    """Memory of the host that the GPU can read by itself."""

    def __init__(self, size: int) -> None:
        use()
        self.pointer = int(call(driver.cuMemHostAlloc, size, 0))

    def __del__(self) -> None:
        pointer = getattr(self, "pointer", 0)
        if pointer and driver is not None:
            use()
            driver.cuCtxSynchronize()  # a copy may be under way
            driver.cuMemFreeHost(pointer)


def allocate(shape: tuple[int, ...], dtype: np.dtype) -> DeviceArray:
    """A new array of any content. Raises MemoryError."""
    owner = _Allocation(max(int(np.prod(shape, dtype=np.int64)), 1) * dtype.itemsize)
    return DeviceArray(owner.pointer, shape, dtype, owner)


def pinned(size: int, dtype: np.dtype) -> np.ndarray:
    """A new array (size,) on the host from which copies go on by themselves."""
    owner = _Pinned(max(size, 1) * dtype.itemsize)
    numbers: Any = (ctypes.c_ubyte * (size * dtype.itemsize)).from_address(owner.pointer)
    numbers.owner = owner  # which lives as long as the array
    return np.frombuffer(numbers, dtype)


def upload(array: DeviceArray, host: np.ndarray, stream: Stream) -> None:
    """Copy a C-contiguous array of the same size and dtype; done once the stream is there."""
    use()
    call(driver.cuMemcpyHtoDAsync, array.pointer, host.ctypes.data, host.nbytes, stream.handle)


def download(array: DeviceArray, stream: Stream) -> np.ndarray:
    """A copy on the host; waits for the stream."""
    use()
    host = np.empty(array.shape, array.dtype)
    call(driver.cuMemcpyDtoHAsync, host.ctypes.data, array.pointer, host.nbytes, stream.handle)
    stream.synchronize()
    return host


class Function:
    """A kernel on the GPU."""

    def __init__(self, ptx: str) -> None:
        """Load the only entry of a program in PTX, which the driver assembles."""
        use()
        ((entry, parameters),) = re.findall(r"\.entry\s+(\w+)\(([^)]*)\)", ptx)
        self._name, self._parameters = entry, parameters.count(".param")
        options: tuple[list[Any], list[Any], int] = ([], [], 0)
        image = ptx.encode() + b"\0"
        self._library = call(driver.cuLibraryLoadData, image, *options, *options)
        kernel = call(driver.cuLibraryGetKernel, self._library, entry.encode())
        self._handle = call(driver.cuKernelGetFunction, kernel)

    def launch(
        self, blocks: Sequence[int], threads: Sequence[int], values: Sequence[int], stream: Stream
    ) -> Callable[[], None]:
        """What launches it, any number of times, with these parameters.

        A parameter is an integer whose low bytes are the value, of up to 8 bytes. Raises
        RuntimeError when their number is not the kernel's.
        """
        count = len(values)
        if count != self._parameters:
            raise RuntimeError(
                f"{self._name}: has {self._parameters} parameters, received {count}: this version "
                "of numba-cuda lays arguments out in another way than halflight knows"
            )
        stored = (ctypes.c_uint64 * count)(*values)
        start = ctypes.addressof(stored)
        places = (ctypes.c_void_p * count)(*(start + 8 * i for i in range(count)))
        numbers = (*blocks, *threads, 0, stream.handle, ctypes.addressof(places), 0)
        function, launch = self._handle, driver.cuLaunchKernel
        success = driver.CUresult.CUDA_SUCCESS

        def run(_alive: Any = (stored, places)) -> None:
            (code,) = launch(function, *numbers)
            if code != success:
                raise DriverError("cuLaunchKernel", code)

        return run
