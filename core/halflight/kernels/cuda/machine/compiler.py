"""How the kernels of this back end are compiled and launched.

With NUMBA_ENABLE_CUDASIM=1 they run in Numba's simulator, as plain Python: checked, and slow.
"""

import functools
import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba import cuda

from ...cache import cache_folder, read, write
from ...compilation import formulas_of, with_globals
from . import gpu
from .device_array import DeviceArray
from .simulated import SIMULATED

# Threads of a block where a kernel has no reason for another number. The simulator starts a thread
# of Python for each.
THREADS = 16 if SIMULATED else 256
# The most blocks of a launch whose threads walk on through the array: enough for any GPU of today
# to hide its memory's latency.
_MOST_BLOCKS = 4 if SIMULATED else 4096
# Launches of a kernel that are kept ready; those of a step are few, and come again in each.
_MOST_READY = 512

Sizes = int | tuple[int, ...]


class Kernel:
    """A function that many threads of the GPU run, after all that was launched before it."""

    def __init__(self, function: Callable[..., Any], **constants: Any) -> None:
        """Compile on the first call for arguments of new types; the code is cached.

        `constants` are globals that the function sees, and so do the plain functions of the kernels
        that it calls, and those that these call: all are compiled into it.
        """
        functools.update_wrapper(self, function)
        suffix = "".join(f"_{getattr(c, '__name__', c)}" for c in constants.values())
        self.function = _whole(function, suffix, constants)
        if SIMULATED:
            self._simulated = cuda.jit(self.function)
        given = (c.__code__ for c in constants.values() if isinstance(c, FunctionType))
        self._files = [code.co_filename for code in (function.__code__, *given)]
        self._compiled: dict[tuple[Any, ...], Any] = {}
        self._ready: dict[Any, Callable[[], None]] = {}

    def __call__(self, blocks: Sizes, threads: Sizes, *arguments: Any) -> None:
        """Launch so many blocks of so many threads.

        A kernel's scalars must have the same types in all calls: here 1 and 1.0 are one.
        """
        if SIMULATED:
            self._simulated[blocks, threads](*arguments)
            return
        key = (blocks, threads, *[_key(argument) for argument in arguments])
        launch = self._ready.get(key)
        if launch is None:
            if len(self._ready) >= _MOST_READY:
                self._ready.clear()
            launch = self._ready[key] = self._prepare(blocks, threads, arguments)
        launch()

    def over(self, size: int, *arguments: Any) -> None:
        """Launch threads for `size` elements; they walk on by `cuda.gridsize(1)`."""
        blocks = min(-(-size // THREADS), _MOST_BLOCKS)
        self(blocks, THREADS, *arguments)

    def _prepare(
        self, blocks: Sizes, threads: Sizes, arguments: tuple[Any, ...]
    ) -> Callable[[], None]:
        """What launches the kernel with these arguments."""
        from .driver import Function

        types = tuple(type_of(argument) for argument in arguments)
        if types not in self._compiled:
            self._compiled[types] = Function(self._code(types))
        values = [value for argument in arguments for value in _values(argument)]
        grid, block = _three(blocks), _three(threads)
        launch: Callable[[], None] = self._compiled[types].launch(grid, block, values, gpu.stream())
        return launch

    def _code(self, types: tuple[Any, ...]) -> str:
        """The kernel in PTX, from the cache or for it."""
        capability = gpu.capability()
        identity = f"{self.function.__qualname__} {types} {capability}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        file = _folder_of(*self._files) / f"{self.function.__name__[:60]}-{digest}.ptx"
        kept = read(file)
        if kept is not None:
            return kept.decode("utf-8")
        ptx, _ = cuda.compile_ptx(self.function, types, cc=capability)
        write(file, ptx.encode("utf-8"))
        return str(ptx)


@functools.cache
def _folder_of(source: str, *others: str) -> Path:
    """Where code of `source` is cached that calls functions of `others`, whose edits count too."""
    known = (str(_folder_of(other)) for other in others if other != source)
    return cache_folder(source, importlib.metadata.version("numba-cuda"), "cuda", *known)


def type_of(argument: Any) -> Any:
    """Numba's type of a kernel's argument; arrays are C-contiguous."""
    if isinstance(argument, tuple):
        return numba.types.Tuple([type_of(part) for part in argument])
    if isinstance(argument, DeviceArray):
        return numba.types.Array(numba.from_dtype(argument.dtype), argument.ndim, "C")
    return numba.typeof(argument)


def _key(argument: Any) -> Any:
    """What tells arguments apart without keeping an array's memory; arrays may be in tuples."""
    kind = type(argument)
    if kind is DeviceArray:
        return argument.key
    if kind is tuple and DeviceArray in map(type, argument):
        return tuple([_key(part) for part in argument])
    return argument


def _values(argument: Any) -> list[int]:
    """A kernel's parameters for one argument, as Numba lays them out, each in the low bytes.

    An array is two unused pointers, the number of its elements and the bytes of each, where it
    begins, its shape, and its strides in bytes; a tuple is its parts.
    """
    if isinstance(argument, DeviceArray):
        strides, step = [], argument.dtype.itemsize
        for length in reversed(argument.shape):
            strides.append(step)
            step *= length
        head = [0, 0, argument.size, argument.dtype.itemsize, argument.pointer]
        return [*head, *argument.shape, *reversed(strides)]
    if isinstance(argument, tuple):
        return [value for part in argument for value in _values(part)]
    if isinstance(argument, np.generic):
        return [int.from_bytes(argument.tobytes(), "little")]
    return [int(argument) & (2**64 - 1)]


def _three(sizes: Sizes) -> tuple[int, ...]:
    """Sizes along all three axes."""
    given = sizes if isinstance(sizes, tuple) else (sizes,)
    return (*map(int, given), *(1,) * (3 - len(given)))


def _whole(
    function: Callable[..., Any], suffix: str, constants: dict[str, Any]
) -> Callable[..., Any]:
    """A function that sees `constants`, and whose callees are compiled, and see them too."""
    name = function.__qualname__ + suffix
    if constants:
        function = with_globals(function, name, **constants)
    callees = {
        callee: _device(_whole(value, suffix, constants))
        for callee, value in formulas_of(function).items()
    }
    return with_globals(function, name, **callees) if callees else function


@functools.cache
def _device(function: Callable[..., Any]) -> Any:
    """Compiled into its callers, where arrays of a thread's own can then stay in registers."""
    if not SIMULATED:
        return cuda.jit(device=True, forceinline=True)(function)  # type: ignore[call-arg]
    return cuda.jit(device=True)(function) if "cuda" in function.__code__.co_names else function
