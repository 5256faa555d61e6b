"""How the kernels of this back end are compiled, and where the machine code is cached."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import config, event, types

from ...cache import cache_base
from ...compilation import formulas_of, with_globals
from .announce import Announcer
from .level import LEVEL
from .pool import start
from .target import Compiled

# Values in the largest array below which one thread is enough: some ten microseconds of work.
SERIAL_SIZE = 16384

Function = TypeVar("Function", bound=Callable[..., Any])


_ANNOUNCER = Announcer(__name__.rpartition(".machine.")[0], cache_base(), LEVEL.name)
event.register("numba:compile", _ANNOUNCER)


class _Inner(Compiled):
    """A function that compiled code alone calls, with constants as with other numbers."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Numba would compile it anew for every combination of constants that it is given."""
        general = (types.unliteral(kind) for kind in args)
        return super().get_call_template(tuple(general), kws)

    def __call__(self, *_: Any) -> None:
        """Say so; without a wrapper, Numba would jump to an address that is not there."""
        name = self.py_func.__qualname__
        raise TypeError(f"{name}: called from Python, but not compiled(entry=True)")


def compiled(
    *, parallel: bool = False, entry: bool = False, apart: bool = False
) -> Callable[[Function], Any]:
    """Decorate a function for compilation on its first call, cached on disk.

    Only what is `parallel` or an `entry` may be called from Python: wrappers take long to compile.
    Arrays of a function that keeps them `apart` share no memory: loops over more than a few arrays
    use SIMD only then.
    Every operation rounds as IEEE 754 says, in the order that is written: the compiler fuses and
    reorders nothing, so that the bytes are those of every processor. Sums that should use SIMD say
    so (loops/sums.py). Division by zero gives infinity or NaN.
    Plain functions of the kernels that it calls (formulas call one another) are compiled with it.
    """
    return functools.partial(_compile, parallel=parallel, entry=parallel or entry, apart=apart)


@functools.cache
def _compile(function: Callable[..., Any], *, parallel: bool, entry: bool, apart: bool) -> Any:
    options: dict[str, Any] = {
        "parallel": parallel,
        "nopython": True,
        "boundscheck": None,
        "error_model": "numpy",
        "no_cfunc_wrapper": True,
        "no_cpython_wrapper": not entry,
        "noalias": apart,
    }
    formulas = {name: compiled()(value) for name, value in formulas_of(function).items()}
    if formulas:
        function = with_globals(function, function.__qualname__, **formulas)
    dispatcher = Compiled(function, targetoptions=options)
    dispatcher.keep()
    if not entry:
        dispatcher.__class__ = _Inner
    return Parallel(dispatcher) if parallel else dispatcher


class Parallel:
    """A function with a parallel loop, called on all threads only where there is work for them.

    Waking the other threads and waiting for them costs more than computing a small array, many
    times more where the machine is busy. The bytes are the same for any number of threads.
    """

    def __init__(self, dispatcher: Any) -> None:
        """Take what numba.njit made."""
        self.dispatcher = dispatcher

    def __call__(self, *arguments: Any) -> None:
        """Call it on one thread if its largest array is small."""
        start()
        threads = numba.get_num_threads()
        if threads == 1 or max(getattr(a, "size", 0) for a in arguments) > SERIAL_SIZE:
            self.dispatcher(*arguments)
            return
        numba.set_num_threads(1)
        try:
            self.dispatcher(*arguments)
        finally:
            numba.set_num_threads(threads)


def thread_limit() -> int:
    """The largest number of threads that may run: NUMBA_NUM_THREADS."""
    return int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
