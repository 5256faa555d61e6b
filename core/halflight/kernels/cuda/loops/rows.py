"""One warp for each row of a matrix: its lanes walk along the row, and add what they found.

`@Kernel` functions that use these are launched by `over_rows`. Every thread of a block must reach
every `sum_of_warp` and `largest_of_warp`: rows past the last are computed again, and not stored.

Short rows waste most of a warp, so a kernel may give each row fewer `lanes`: what `lanes_for` says.
"""

from typing import Any

import numpy as np
from numba import cuda

from ..machine.compiler import THREADS, Kernel
from ..machine.simulated import SIMULATED
from .blocks import WARP

_ALL = 0xFFFFFFFF


def over_rows(kernel: Kernel, rows: int, *arguments: Any, lanes: int = WARP) -> None:
    """Launch a kernel with a warp, or so many lanes of one, for each row."""
    kernel(-(-rows * lanes // THREADS), THREADS, *arguments)


def lanes_for(columns: int) -> int:
    """The power of two from which on a row of so many elements keeps no more lanes at work."""
    return min(WARP, 1 << (columns - 1).bit_length())


def row_here(rows, lanes=WARP):
    """The row of this thread, its lane in it, and whether it is one to store."""
    thread = cuda.grid(1)
    row = thread // lanes
    return min(row, rows - 1), thread % lanes, row < rows


def _larger(a, b):
    """The larger number; NaN if either is."""
    return a if a > b or a != a else b


if SIMULATED:

    def largest_of_warp(value, lanes=WARP):
        """The largest of a warp's or fewer lanes' values, for each of them; NaN if any is."""
        shared = cuda.shared.array(THREADS, np.float32)
        shared[cuda.threadIdx.x] = value
        cuda.syncthreads()
        first = cuda.threadIdx.x // lanes * lanes
        for i in range(lanes):
            value = _larger(value, shared[first + i])
        cuda.syncthreads()
        return value

else:

    def largest_of_warp(value, lanes=WARP):
        """The largest of a warp's or fewer lanes' values, the same for each; NaN if any is."""
        offset = lanes // 2
        while offset > 0:
            value = _larger(value, cuda.shfl_xor_sync(_ALL, value, offset))
            offset //= 2
        return value
