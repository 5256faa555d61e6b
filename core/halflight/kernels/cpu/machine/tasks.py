"""Tasks that threads take one after another, as each gets free.

Equal shares make every thread wait for the slowest, and cores differ: in kind, in what else they
do. A task's result must not depend on the thread that takes it.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from .vector import index, pointer

_CACHE_LINE = 8  # int64: nothing else shares the count's


def tasks() -> npt.NDArray[np.int64]:
    """A queue of which no task is taken: a line for each thread, and in the first one a count."""
    return np.zeros((numba.get_num_threads(), _CACHE_LINE), np.int64)


@intrinsic
def take(_context, queue):
    """The number of the next task, which no other thread gets."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = pointer(context, builder, signature.args[0], arguments[0], index(0))
        return builder.atomic_rmw("add", count, index(1), "monotonic")

    return types.intp(queue), generate
