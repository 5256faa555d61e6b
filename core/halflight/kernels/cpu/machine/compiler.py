"""How the kernels of this back end are compiled, and where the machine code is cached."""

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config, event, types

from ...cache import cache_base, cache_folder
from ...compilation import formulas_of, with_globals
from .announce import Announcer
from .level import LEVEL
from .target import Compiled
from .threads import ready

# Values in the largest array below which one thread is enough: some ten microseconds of work.
SERIAL_SIZE = 16384

Function = TypeVar("Function", bound=Callable[..., Any])


def folder_of(source: str | Path) -> Path:
    """The folder of what `source` compiles to, for this CPU and with these switches of Numba."""
    switches = (config.BOUNDSCHECK, config.OPT, config.USING_SVML)  # type: ignore[attr-defined]
    return cache_folder(source, numba.__version__, *LEVEL, repr(switches))


_ANNOUNCER = Announcer(__name__.rpartition(".machine.")[0], cache_base(), LEVEL.name)
event.register("numba:compile", _ANNOUNCER)

_folder_of = functools.cache(folder_of)


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


def compiled(*, parallel: bool = False, entry: bool = False) -> Callable[[Function], Any]:
    """Decorate a function for compilation on its first call, cached on disk.

    Only what is `parallel` or an `entry` may be called from Python: wrappers take long to compile.
    Every operation rounds as IEEE 754 says, in the order that is written: the compiler fuses and
    reorders nothing, so that the bytes are those of every processor. Sums that should use SIMD say
    so (loops/sums.py). Division by zero gives infinity or NaN.
    Plain functions of the kernels that it calls (formulas call one another) are compiled with it.
    """
    return functools.partial(_compile, parallel=parallel, entry=parallel or entry)


@functools.cache
def _compile(function: Callable[..., Any], *, parallel: bool, entry: bool) -> Any:
    options: dict[str, Any] = {
        "parallel": parallel,
        "nopython": True,
        "boundscheck": None,
        "error_model": "numpy",
        "no_cfunc_wrapper": True,
        "no_cpython_wrapper": not entry,
    }
    formulas = {name: compiled()(value) for name, value in formulas_of(function).items()}
    if formulas:
        function = with_globals(function, function.__qualname__, **formulas)
    dispatcher = Compiled(function, targetoptions=options)
    dispatcher.keep_in(_folder_of(function.__code__.co_filename))
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
        with _turn():
            ready()
            threads = numba.get_num_threads()
            if threads == 1 or max(getattr(a, "size", 0) for a in arguments) > SERIAL_SIZE:
                self.dispatcher(*arguments)
                return
            numba.set_num_threads(1)
            try:
                self.dispatcher(*arguments)
            finally:
                numba.set_num_threads(threads)


class _Turn:
    """A parallel function at a time, where Numba's threads cannot be asked by several at once.

    Its own threading layer, "workqueue", ends the process then; those of OpenMP and TBB do not.
    """

    def __init__(self) -> None:
        """Take turns until it is known which layer there is: with the first call."""
        self.renew()
        self._needed = True

    def renew(self) -> None:
        """Nobody has the turn: in a forked child the thread that had it is not there."""
        self._lock = threading.Lock()

    def __call__(self) -> AbstractContextManager[object]:
        """The turn of one call."""
        return self._asking() if self._needed else nullcontext()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._lock:
            yield
            self._needed = numba.threading_layer() == "workqueue"


_turn = _Turn()
os.register_at_fork(after_in_child=_turn.renew)


def thread_limit() -> int:
    """The largest number of threads that may run: NUMBA_NUM_THREADS."""
    return int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
