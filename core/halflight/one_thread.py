"""One thread: how a task is worked on wherever it is, so that its result does not depend on it."""

import os
from collections.abc import Callable
from typing import TypeVar

from threadpoolctl import threadpool_limits

Task = TypeVar("Task")
Result = TypeVar("Result")

# Read by libraries when they are loaded, or, by Numba, when it first compiles.
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def begin_with_one_thread() -> None:
    """Let the libraries that this process has not loaded yet begin with one thread."""
    os.environ |= dict.fromkeys(THREAD_COUNTS, "1")


def on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    """Return `function(task)`, worked on by one thread of BLAS and OpenMP."""
    with threadpool_limits(limits=1):
        return function(task)
