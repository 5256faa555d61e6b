"""Sums over the threads of a block, in an order that depends on nothing else."""

import numpy as np
from numba import cuda

from ..machine.compiler import THREADS
from ..machine.simulated import SIMULATED

# Blocks of a sum over a whole array: always as many, so that every GPU adds in the same order.
BLOCKS = 3 if SIMULATED else 512
WARP = 4 if SIMULATED else 32
_WARPS = THREADS // WARP
_ALL = 0xFFFFFFFF

if SIMULATED:

    def sum_of_warp(value, lanes=WARP):
        """The sum of a warp's values, for each of its threads; Numba simulates no shuffles.

        With fewer `lanes`, a power of two, each so many threads have a sum of their own.
        """
        shared = cuda.shared.array(THREADS, np.float32)
        shared[cuda.threadIdx.x] = value
        cuda.syncthreads()
        first = cuda.threadIdx.x // lanes * lanes
        total = shared[first]
        for i in range(1, lanes):
            total += shared[first + i]
        cuda.syncthreads()
        return total

else:

    def sum_of_warp(value, lanes=WARP):
        """The sum of a warp's values, the same for each of its threads.

        With fewer `lanes`, a power of two, each so many threads have a sum of their own.
        """
        offset = lanes // 2
        while offset > 0:
            value += cuda.shfl_xor_sync(_ALL, value, offset)
            offset //= 2
        return value


def sum_of_block(value):
    """The sum of a block's values, for each of its THREADS threads; all must call it."""
    shared = cuda.shared.array(_WARPS, np.float32)
    value = sum_of_warp(value)
    cuda.syncthreads()
    if cuda.threadIdx.x % WARP == 0:
        shared[cuda.threadIdx.x // WARP] = value
    cuda.syncthreads()
    total = shared[0]
    for i in range(1, _WARPS):
        total += shared[i]
    return total
