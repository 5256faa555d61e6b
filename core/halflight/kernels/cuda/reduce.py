"""Numbers about a whole array, left on the GPU in an array of one element."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import reduce as reference
from .arrays import Array
from .loops.blocks import BLOCKS, sum_of_block
from .machine.compiler import THREADS, Kernel
from .machine.scratch import scratch

# A single block sums so many elements: a second launch would take longer, and no thread adds more
# than round well.
_ALONE = 64 * THREADS


def square(value):
    """value^2."""
    return value * value


def _sum_part(sums, x, constants):
    """sums (blocks,) = each block's sum of term(x, constants...)."""
    total = np.float32(0)
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        total += term(x[i], *constants)  # noqa: F821 (a constant)
    total = sum_of_block(total)
    if cuda.threadIdx.x == 0:
        sums[cuda.blockIdx.x] = total


@Kernel
def _finish_sum(out, sums):
    """out (1,) = the sum of sums."""
    total = np.float32(0)
    for i in range(cuda.threadIdx.x, sums.size, THREADS):
        total += sums[i]
    total = sum_of_block(total)
    if cuda.threadIdx.x == 0:
        out[0] = total


def same(total):
    """The sum itself."""
    return total


def sum_over(term: Callable[..., Any]) -> Kernel:
    """The kernel of a sum of term(x, constants...), for `reduce_to`."""
    return Kernel(_sum_part, term=term)


_sum_squares, _sum_itself = sum_over(square), sum_over(same)


def reduce_to(out: Array, x: Array, part: Kernel, *constants: np.float32) -> None:
    """out (1,) = the sum that `part` takes over x."""
    blocks = min(BLOCKS, -(-x.size // THREADS))
    sums = scratch("sums of blocks", blocks)
    part(blocks, THREADS, sums, x.reshape(x.size), constants)
    _finish_sum(1, THREADS, out, sums)


def sum_of(out: Array, x: Array) -> None:
    """out (1,) = the sum of x (n,)."""
    if x.size <= _ALONE:
        _finish_sum(1, THREADS, out, x)
    else:
        reduce_to(out, x, _sum_itself)


@twin(reference.sum_of_squares)
def sum_of_squares(out, x):
    reduce_to(out, x, _sum_squares)


@Kernel
def _keep_finite(finite, x):
    """Every thread that writes writes the same."""
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        rest = x[i] - x[i]  # NaN for NaN and infinities
        if rest != np.float32(0):
            finite[0] = np.float32(0)


@twin(reference.keep_finite)
def keep_finite(finite, x):
    _keep_finite.over(x.size, finite, x.reshape(x.size))
