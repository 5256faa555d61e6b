"""Numbers about a whole array, left on the GPU in an array of one element."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda

from ..contract import checked
from .arrays import FLOAT, Array
from .blocks import BLOCKS, sum_of_block
from .compiler import THREADS, Kernel
from .scratch import scratch

__all__ = [
    "all_finite",
    "sum_of_squares",
]


# A single block sums so many elements: a second launch would take longer, and no thread adds more
# than round well.
_ALONE = 64 * THREADS


def square(value):  # type: ignore
    """value^2."""
    return value * value


def not_finite(value):  # type: ignore
    """1 for NaN and infinities, whose difference from themselves is NaN; else 0."""
    rest = value - value
    return np.float32(0) if rest == np.float32(0) else np.float32(1)


def _sum_part(sums, x, constants):  # type: ignore
    """sums (blocks,) = each block's sum of term(x, constants...)."""
    total = np.float32(0)
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        total += term(x[i], *constants)  # noqa: F821 (a constant)
    total = sum_of_block(total)
    if cuda.threadIdx.x == 0:
        sums[cuda.blockIdx.x] = total


def _finish(out, sums):  # type: ignore
    """out (1,) = finish(the sum of sums)."""
    total = np.float32(0)
    for i in range(cuda.threadIdx.x, sums.size, THREADS):
        total += sums[i]
    total = sum_of_block(total)
    if cuda.threadIdx.x == 0:
        out[0] = finish(total)  # noqa: F821 (a constant)


def same(total):  # type: ignore
    """The sum itself."""
    return total


def is_zero(total):  # type: ignore
    """1 if the sum is 0, else 0."""
    return np.float32(1) if total == np.float32(0) else np.float32(0)


def sum_over(term: Callable[..., Any]) -> Kernel:
    """The kernel of a sum of term(x, constants...), for `reduce_to`."""
    return Kernel(_sum_part, term=term)


_sum_squares, _count_bad, _sum_itself = sum_over(square), sum_over(not_finite), sum_over(same)
_finish_sum, _finish_finite = Kernel(_finish, finish=same), Kernel(_finish, finish=is_zero)


def reduce_to(
    out: Array, x: Array, part: Kernel, *constants: np.float32, finish: Kernel = _finish_sum
) -> None:
    """out (1,) = the sum that `part` takes over x, or what `finish` makes of it."""
    blocks = min(BLOCKS, -(-x.size // THREADS))
    sums = scratch("sums of blocks", blocks)
    part(blocks, THREADS, sums, x.reshape(x.size), constants)
    finish(1, THREADS, out, sums)


def sum_of(out: Array, x: Array) -> None:
    """out (1,) = the sum of x (n,)."""
    if x.size <= _ALONE:
        _finish_sum(1, THREADS, out, x)
    else:
        reduce_to(out, x, _sum_itself)


@checked(FLOAT)
def sum_of_squares(out: Array, x: Array) -> None:
    """out (1,) = sum of x^2."""
    reduce_to(out, x, _sum_squares)


@checked(FLOAT)
def all_finite(out: Array, x: Array) -> None:
    """out (1,) = 1 if no element is NaN or infinite, else 0."""
    reduce_to(out, x, _count_bad, finish=_finish_finite)
