"""One warp for each row of a matrix: its lanes walk along the row, and add what they found.

`@Kernel` functions that use these are launched by `over_rows`. Every thread of a block must reach
every `sum_of_warp` and `largest_of_warp`: rows past the last are computed again, and not stored.
"""

from typing import Any

import numpy as np
from numba import cuda

from .blocks import WARP, sum_of_warp
from .compiler import SIMULATED, THREADS, Kernel

ROWS = THREADS // WARP  # of a block
_ALL = 0xFFFFFFFF


def over_rows(kernel: Kernel, rows: int, *arguments: Any) -> None:
    """Launch a kernel with a warp for each row."""
    kernel(-(-rows // ROWS), THREADS, *arguments)


def row_here(rows):  # type: ignore
    """The row of this thread's warp, its lane in it, and whether it is one to store."""
    row = cuda.blockIdx.x * ROWS + cuda.threadIdx.x // WARP
    return min(row, rows - 1), cuda.threadIdx.x % WARP, row < rows


def _larger(a, b):  # type: ignore
    """The larger number; NaN if either is."""
    return a if a > b or a != a else b


if SIMULATED:

    def largest_of_warp(value):  # type: ignore
        """The largest of a warp's values, for each of its threads; NaN if any is."""
        shared = cuda.shared.array(THREADS, np.float32)
        shared[cuda.threadIdx.x] = value
        cuda.syncthreads()
        first = cuda.threadIdx.x // WARP * WARP
        for i in range(WARP):
            value = _larger(value, shared[first + i])
        cuda.syncthreads()
        return value

else:

    def largest_of_warp(value):  # type: ignore
        """The largest of a warp's values, the same for each of its threads; NaN if any is."""
        offset = WARP // 2
        while offset > 0:
            value = _larger(value, cuda.shfl_xor_sync(_ALL, value, offset))
            offset //= 2
        return value


__all__ = ["ROWS", "WARP", "largest_of_warp", "over_rows", "row_here", "sum_of_warp"]
