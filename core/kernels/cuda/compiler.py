"""How the kernels of this back end are compiled and launched.

With NUMBA_ENABLE_CUDASIM=1 they run in Numba's simulator, as plain Python: checked, and slow.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba import cuda

from ..compilation import cache_folder, cached_in, formulas_of, with_globals

SIMULATED = bool(numba.config.ENABLE_CUDASIM)  # type: ignore[attr-defined]

# Threads of a block where a kernel has no reason for another number. The simulator starts a thread
# of Python for each.
THREADS = 16 if SIMULATED else 256
# The most blocks of a launch whose threads walk on through the array: enough for any GPU of today
# to hide its memory's latency.
_MOST_BLOCKS = 4 if SIMULATED else 4096


@functools.cache
def _folder_of(source: str, *others: str) -> Path:
    """Where code of `source` is cached that calls functions of `others`, whose edits count too."""
    known = (str(_folder_of(other)) for other in others if other != source)
    return cache_folder(source, numba.__version__, "cuda", *known)


class Kernel:
    """A function that many threads of the GPU run, after all that was launched before it."""

    def __init__(self, function: Callable[..., Any], **constants: Any) -> None:
        """Compile on the first call for arguments of new types; the machine code is cached.

        `constants` are globals that the function sees, and so do the plain functions of the kernels
        that it calls, and those that these call: all are compiled into it.
        """
        functools.update_wrapper(self, function)
        self._launchers: dict[tuple[Any, Any], Callable[..., None]] = {}
        suffix = "".join(f"_{getattr(c, '__name__', c)}" for c in constants.values())
        function = _whole(function, suffix, constants)
        if SIMULATED:
            self.dispatcher = cuda.jit(function)
            return
        given = (c.__code__ for c in constants.values() if isinstance(c, FunctionType))
        files = (code.co_filename for code in (function.__code__, *given))
        with cached_in(_folder_of(*files)):
            self.dispatcher = cuda.jit(cache=True)(function)

    def __call__(
        self, blocks: int | tuple[int, ...], threads: int | tuple[int, ...], *arguments: Any
    ) -> None:
        """Launch so many blocks of so many threads."""
        launcher = self._launchers.get((blocks, threads))
        if launcher is None:
            with _small_grids_are_meant():
                launcher = self.dispatcher[blocks, threads]
            if not SIMULATED:  # whose kernels remember the last numbers only
                self._launchers[blocks, threads] = launcher
        launcher(*arguments)

    def over(self, size: int, *arguments: Any) -> None:
        """Launch threads for `size` elements; they walk on by `cuda.gridsize(1)`."""
        blocks = min(-(-size // THREADS), _MOST_BLOCKS)
        self(blocks, THREADS, *arguments)


@contextmanager
def _small_grids_are_meant() -> Iterator[None]:
    """Numba warns when it prepares a launch of few blocks; other users keep the warning."""
    before = numba.config.CUDA_LOW_OCCUPANCY_WARNINGS  # type: ignore[attr-defined]
    numba.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CUDA_LOW_OCCUPANCY_WARNINGS = before  # type: ignore[attr-defined]


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
