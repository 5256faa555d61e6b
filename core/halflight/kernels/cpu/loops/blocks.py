"""Splitting flat arrays into blocks of a fixed length, the unit of parallel work.

Fixed blocks, rather than one share for each thread, keep every element's arithmetic (SIMD body or
remainder) and every partial sum the same for any number of threads.
"""

from ..machine.compiler import compiled

BLOCK = 16384  # floats: 64 KiB, a part of a second-level cache


@compiled()
def block_count(size):
    """Blocks that cover `size` elements."""
    return (size + BLOCK - 1) // BLOCK


@compiled()
def block_bounds(block, size):
    """First element of a block, and the one after its last."""
    return block * BLOCK, min((block + 1) * BLOCK, size)
