"""How the kernels of this back end are compiled, and where the machine code is cached."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import binding  # type: ignore[import-untyped]
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])


def cpu_features() -> tuple[str, str]:
    """Name and enabled features of the CPU compiled for; NUMBA_CPU_NAME and _FEATURES override."""
    name = config.CPU_NAME or binding.get_host_cpu_name()  # type: ignore[attr-defined]
    features = config.CPU_FEATURES  # type: ignore[attr-defined]
    if features is None:
        features = binding.get_host_cpu_features().flatten() if name != "generic" else ""
    return str(name), str(features)


def cache_folder() -> Path:
    """The folder of this version of the kernels, in NUMBA_CACHE_DIR or the user's cache.

    Numba itself notices only edits of the file that holds a function, not of what it calls, so the
    folder's name hashes every source file here together with the Numba version, the CPU
    and the switches that change the code (NUMBA_BOUNDSCHECK, NUMBA_OPT).
    """
    switches = f"bounds {config.BOUNDSCHECK} optimise {config.OPT}"  # type: ignore[attr-defined]
    identity = "\0".join((numba.__version__, *cpu_features(), switches))
    digest = hashlib.sha256(identity.encode())
    kernels = Path(__file__).resolve().parent.parent
    for source in sorted([*kernels.glob("*.py"), *kernels.glob("cpu/*.py")]):
        digest.update(source.read_bytes())
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(user) / "halflight")
    return base / f"kernels-{digest.hexdigest()[:16]}"


CACHE_FOLDER = cache_folder()


@contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    """Numba reads its cache folder when a function is decorated; other users keep theirs."""
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


def compiled(*, parallel: bool = False, reassociate: bool = False) -> Callable[[Function], Any]:
    """Decorate a function for compilation on its first call, cached on disk.

    Multiply and add may fuse; with `reassociate`, sums may also be reordered at compile time, which
    lets reductions use SIMD. NaN and infinity are always kept. Division by zero follows IEEE 754.
    """
    fastmath = {"contract", "reassoc"} if reassociate else {"contract"}

    def decorate(function: Function) -> Any:
        with _cached_in(CACHE_FOLDER):
            return numba.njit(
                parallel=parallel, fastmath=fastmath, error_model="numpy", cache=True
            )(function)

    return decorate


def thread_limit() -> int:
    """The largest number of threads that may run: NUMBA_NUM_THREADS."""
    return int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
