"""Where buffers lie in one arena: buffers that never live at the same time share their place."""

from collections.abc import Sequence
from dataclasses import dataclass

# Buffers begin at multiples of this many values: 64 bytes of float32, one cache line.
ALIGNMENT = 16


@dataclass(frozen=True)
class Lifetime:
    """A buffer of `size` values, in use from time `first` to time `last`, both included."""

    size: int
    first: int
    last: int


def pack(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """Return the offset of every buffer, and the size of the arena.

    The largest goes first, each to the lowest place free during its whole life ("greedy by size",
    Pisarchyk & Lee 2020, arXiv:2001.03288).
    """
    offsets = [0] * len(lifetimes)
    placed: list[int] = []
    total = 0
    for index in sorted(range(len(lifetimes)), key=lambda i: (-lifetimes[i].size, i)):
        buffer = lifetimes[index]
        offset = 0
        for other in sorted(placed, key=lambda i: offsets[i]):
            neighbour = lifetimes[other]
            if neighbour.first > buffer.last or neighbour.last < buffer.first:
                continue
            if offset + buffer.size <= offsets[other]:
                break
            offset = max(offset, aligned(offsets[other] + neighbour.size))
        offsets[index] = offset
        placed.append(index)
        total = max(total, aligned(offset + buffer.size))
    return offsets, total


def aligned(size: int) -> int:
    """Return `size` rounded up to a multiple of ALIGNMENT."""
    return -(-size // ALIGNMENT) * ALIGNMENT
