"""What the recurrent kernels share: their matrix product, and the memory of a group of samples.

The samples are independent of each other, so TILE of them at a time go through all steps on one
thread, and no step waits for another thread. The product of a step has the register tile's height;
its matrix is packed once a sequence.
"""

from typing import NamedTuple

import numpy as np

from .arrays import Array
from .compiler import compiled, thread_limit
from .scratch import scratch
from .simd import DEPTH, LANES, STRIDE, TILE, multiply_rows


class Room(NamedTuple):
    """Memory for the products of one group, an entry for each thread."""

    panel: Array
    tile: Array


def make_room(width: int) -> Room:
    """Room for products of up to `width` columns."""
    threads, blocks = thread_limit(), -(-width // LANES)
    return Room(
        scratch("panel", threads, TILE * STRIDE), scratch("tile", threads, blocks * TILE * LANES)
    )


def group_rows(purpose: str, width: int) -> Array:
    """Scratch (threads, TILE, width): a row for each sample of a group."""
    return scratch(f"recurrent {purpose}", thread_limit(), TILE, width)


def pack(purpose: str, w: Array) -> Array:
    """w (depth, width), of any layout, in blocks of 16 columns (blocks, depth, 16), made flat."""
    depth, width = w.shape
    packed = scratch(f"packed {purpose}", -(-width // LANES), depth, LANES)
    for number, block in enumerate(packed):
        columns = w[:, number * LANES : (number + 1) * LANES]
        block[:, : columns.shape[1]] = columns
        block[:, columns.shape[1] :] = 0.0
    return packed.reshape(-1)


def states_before(y: Array, reverse: bool) -> Array:
    """Scratch (n t, u): the states y (n, t, u) before each step; zeros before the first."""
    shifted = scratch("states before", *y.shape)
    if reverse:
        shifted[:, :-1] = y[:, 1:]
        shifted[:, -1] = 0.0
    else:
        shifted[:, 1:] = y[:, :-1]
        shifted[:, 0] = 0.0
    return shifted.reshape(-1, y.shape[2])


@compiled()
def multiply(out, a, packed, panel, tile):  # type: ignore
    """out (rows, width) = a (rows, depth) times the packed matrix, for rows <= TILE."""
    rows, depth = a.shape
    width = out.shape[1]
    blocks = (width + LANES - 1) // LANES
    for i in range(blocks * TILE * LANES):
        tile[i] = np.float32(0)
    for begin in range(0, depth, DEPTH):
        end = min(begin + DEPTH, depth)
        for r in range(rows):
            for k in range(begin, end):
                panel[r * STRIDE + k - begin] = a[r, k]
        for block in range(blocks):
            start = (block * depth + begin) * LANES
            multiply_rows(panel, 0, packed, start, tile, block * TILE * LANES, end - begin)
    for r in range(rows):
        for block in range(blocks):
            for lane in range(min(LANES, width - block * LANES)):
                out[r, block * LANES + lane] = tile[(block * TILE + r) * LANES + lane]


@compiled()
def group_count(samples):  # type: ignore
    """Groups of TILE samples, the last of them smaller."""
    return (samples + TILE - 1) // TILE


@compiled()
def group_bounds(group, samples):  # type: ignore
    """First sample of a group, and the one after its last."""
    return group * TILE, min((group + 1) * TILE, samples)


@compiled()
def step_time(step, times, reverse):  # type: ignore
    """Where in the sequence the step of that number is read."""
    return times - 1 - step if reverse else step
