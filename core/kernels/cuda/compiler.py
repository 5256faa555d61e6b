"""How the kernels of this back end are compiled and launched.

With NUMBA_ENABLE_CUDASIM=1 they run in Numba's simulator, as plain Python: checked, and slow.
"""

import functools
from collections.abc import Callable
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

_folder_of = functools.cache(lambda source: cache_folder(source, numba.__version__, "cuda"))


@functools.cache
def compiled(function: Callable[..., Any]) -> Any:
    """A function that kernels call; the formulas that it calls are compiled with it."""
    if SIMULATED and "cuda" not in function.__code__.co_names:
        return function
    return cuda.jit(device=True)(_with_formulas(function))


class Kernel:
    """A function that many threads of the GPU run, after all that was launched before it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Compile on the first call for arguments of new types; the machine code is cached."""
        functools.update_wrapper(self, function)
        function = _with_formulas(function)
        if SIMULATED:
            self.dispatcher = cuda.jit(function)
            return
        with cached_in(_folder_of(function.__code__.co_filename)):
            self.dispatcher = cuda.jit(cache=True)(function)

    def __call__(self, blocks: int | tuple[int, ...], threads: int, *arguments: Any) -> None:
        """Launch so many blocks of so many threads."""
        self.dispatcher[blocks, threads](*arguments)

    def over(self, size: int, *arguments: Any) -> None:
        """Launch threads for `size` elements; they walk on by `cuda.gridsize(1)`."""
        blocks = min(-(-size // THREADS), _MOST_BLOCKS)
        self(blocks, THREADS, *arguments)


def _with_formulas(function: Callable[..., Any]) -> Callable[..., Any]:
    formulas = {name: compiled(value) for name, value in formulas_of(function).items()}
    if not formulas:
        return function
    assert isinstance(function, FunctionType)
    return with_globals(function, function.__qualname__, **formulas)
