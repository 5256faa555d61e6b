"""What the recurrent kernels share: their matrix product, and the memory of a group of samples.

The samples are independent of each other, so ROWS of them at a time go through all steps on one
thread, and no step waits for another thread. The product of a step has the register tile's height;
its matrix is packed once a sequence.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..convolution.windows import DEPTH, STRIDE
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..products.multiply import ROWS, WIDTH
from ..products.multiply import multiply as multiply_panel
from ..products.pack import pack as pack_columns
from ..products.pack import padded_channels


class Room(NamedTuple):
    """Memory for the products of one group, an entry for each thread."""

    panel: Array
    tile: Array


def make_room(width: int) -> Room:
    """Room for products of up to `width` columns."""
    threads = thread_limit()
    return Room(
        scratch("panel", threads, ROWS * STRIDE),
        scratch("tile", threads, ROWS * padded_channels(width)),
    )


def group_rows(purpose: str, width: int) -> Array:
    """Scratch (threads, ROWS, width): a row for each sample of a group."""
    return scratch(f"recurrent {purpose}", thread_limit(), ROWS, width)


def pack(purpose: str, w: Array) -> Array:
    """w (depth, width), of any layout, packed in blocks of columns as pack.py has it."""
    depth, width = w.shape
    packed = scratch(f"packed {purpose}", depth * padded_channels(width))
    pack_columns(packed, np.ascontiguousarray(w))
    return packed


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
def multiply(out, a, packed, panel, tile):
    """out (rows, width) = a (rows, depth) times the packed matrix, for rows <= ROWS."""
    rows, depth = a.shape
    width = out.shape[1]
    padded = padded_channels(width)
    for begin in range(0, depth, DEPTH):
        end = min(begin + DEPTH, depth)
        for r in range(rows):
            for k in range(begin, end):
                panel[r * STRIDE + k - begin] = a[r, k]
        for first in range(0, padded, WIDTH):
            columns = min(WIDTH, padded - first)
            multiply_panel(
                panel,
                0,
                STRIDE,
                packed,
                first * depth + begin * columns,
                columns,
                tile,
                first * ROWS,
                columns,
                rows,
                columns,
                end - begin,
                1,
                0,
                begin == 0,
            )
    for first in range(0, padded, WIDTH):
        columns = min(WIDTH, padded - first)
        for r in range(rows):
            for c in range(min(columns, width - first)):
                out[r, first + c] = tile[first * ROWS + r * columns + c]


@compiled()
def group_count(samples):
    """Groups of ROWS samples, the last of them smaller."""
    return (samples + ROWS - 1) // ROWS


@compiled()
def group_bounds(group, samples):
    """First sample of a group, and the one after its last."""
    return group * ROWS, min((group + 1) * ROWS, samples)


@compiled()
def step_time(step, times, reverse):
    """Where in the sequence the step of that number is read."""
    return times - 1 - step if reverse else step
