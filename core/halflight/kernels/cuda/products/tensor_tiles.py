"""The tile of tiles.py on the tensor cores: factors are rounded to TF32, sums stay float32.

A warp computes HIGH x WIDE parts of 32 x 32, each of 2 x 4 products of 16 x 8 with a depth of 8
(tensor.mma). Which row and column of a part is which of its products is free to choose. Here a
thread's numbers of a (4 rows) and of b (4 columns) lie side by side, so that it loads them four at
a time, and its sums are two fours of neighbouring columns in each of four rows, so that they are
stored like those of the other tiles. A part's turn is 4 such loads, two of a and two of b, for 8
products; in warps of HIGH = 2, 6 loads for 16.

Shared memory has 32 banks of one float, and serves such a load in turns of 8 threads: 2 rows g and
all four t of the docstring of `mma`. A row of the copy of a, of one k, is 8 floats longer than the
tile, so the threads' fours begin at banks 8 t + 4 g; a row of that of b is 4 longer, and they begin
at 4 t + 4 (g // 2) + 16 (g % 2): all 32 banks once, without conflicts. Stores write runs along a
row, of 32 floats or of 8 fours, which have none either.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda

from ..machine.simulated import SIMULATED
from .tensor import mma, rounded
from .tiles import DEPTH, TILES, Tile
from .vectors import load4

# ruff: noqa: F821 (kernels see the constants of their tile)

# The simulator's warps are smaller, and are not asked to multiply together.
LANES = (2, 2) if SIMULATED else (8, 4)
# Narrower products would leave more than half of the smallest tile empty.
NARROWEST = 1 if SIMULATED else 16


@dataclass(frozen=True)
class TensorTile(Tile):
    """A tile of warps whose threads have 4 HIGH x 8 WIDE sums: ROWS x COLUMNS in all."""

    lanes: tuple[int, int] = LANES  # g and t

    @property
    def high(self) -> int:
        """Rows of the sums of a thread."""
        return 4 * self.HIGH

    @property
    def broad(self) -> int:
        """Columns of the sums of a thread."""
        return 8 * self.WIDE

    @property
    def strides(self) -> tuple[int, int]:
        """Floats from one row to the next of the shared copies of a and b."""
        return self.ROWS + 8, self.COLUMNS + 4

    def constants(self) -> dict[str, Any]:
        """What a kernel of this tile sees."""
        down, across = self.lanes
        return super().constants() | {
            "DOWN": down,
            "ACROSS": across,
            "FACTORS_ROWS": 8 * self.HIGH,  # of a depth of 8, that a thread holds
            "FACTORS_COLUMNS": 8 * self.WIDE,
            "WARPS": self.COLUMNS // (8 * across * self.WIDE),  # side by side
            "multiply": multiply_alone if SIMULATED else multiply,
            "row_of": row_of,
            "column_of": column_of,
            "rounded": rounded,
        }


_SHAPES = (
    ((16, 16, 1, 1), (8, 32, 1, 2), (8, 16, 1, 1))
    if SIMULATED
    else (
        (128, 128, 2, 1),
        (128, 64, 2, 1),
        (64, 64, 1, 1),
        (128, 32, 1, 1),
        (64, 32, 1, 1),
        (32, 32, 1, 1),
    )
)
# Deep ones need half the barriers for the same sums; they multiply too fast to wait at each.
DEEP: tuple[Tile, ...] = tuple(TensorTile(*shape, 2 * DEPTH) for shape in _SHAPES)
SHALLOW: tuple[Tile, ...] = tuple(TensorTile(*shape, DEPTH) for shape in _SHAPES)


def tiles_for(columns: int, *, deep: bool, tf32: bool) -> tuple[Tile, ...]:
    """The tiles to choose from for a product of so many columns; `deep` ones if they may be."""
    if not tf32 or columns < NARROWEST:
        return TILES
    return DEEP if deep else SHALLOW


def multiply(totals, shared, start):
    """totals += a b of the copy from `start` on: a (DEPTH, ROWS), then b (DEPTH, COLUMNS)."""
    left = cuda.local.array(FACTORS_ROWS, np.float32)
    right = cuda.local.array(FACTORS_COLUMNS, np.float32)
    g, t = cuda.threadIdx.x % 32 // 4, cuda.threadIdx.x % 4
    warp = cuda.threadIdx.x // 32
    row = start + t * LEFT_STRIDE + warp // WARPS * (32 * HIGH) + 4 * g
    column = start + DEPTH * LEFT_STRIDE + t * RIGHT_STRIDE + warp % WARPS * (32 * WIDE)
    column += g % 2 * 16 + g // 2 * 4
    cuda.syncwarp()  # the fetch before may have sent the warp's threads different ways
    for k in range(0, DEPTH, 8):
        for half in range(2):
            for part in range(HIGH):
                values = load4(shared, row + (k + 4 * half) * LEFT_STRIDE + 32 * part)
                to = 8 * part + 4 * half
                left[to], left[to + 1], left[to + 2], left[to + 3] = values
            for part in range(WIDE):
                values = load4(shared, column + (k + 4 * half) * RIGHT_STRIDE + 32 * part)
                to = 8 * part + 4 * half
                right[to], right[to + 1], right[to + 2], right[to + 3] = values
        for i in range(0, TALL, 2):
            at = i // 4 * 8 + i % 4
            a = (left[at], left[at + 1], left[at + 4], left[at + 5])
            for j in range(4 * WIDE):
                at = j // 4 * 8 + j % 4
                upper, lower = i * BROAD + at, (i + 1) * BROAD + at
                c = (totals[upper], totals[upper + 4], totals[lower], totals[lower + 4])
                c = mma(c, a, (right[at], right[at + 4]))
                totals[upper], totals[upper + 4], totals[lower], totals[lower + 4] = c


def multiply_alone(totals, shared, start):
    """The same, each thread its own sums: for the simulator, whose threads know no warps."""
    rows, columns = np.empty(TALL, np.int64), np.empty(BROAD, np.int64)
    for i in range(TALL):
        rows[i] = start + row_of(i)
    for j in range(BROAD):
        columns[j] = start + DEPTH * LEFT_STRIDE + column_of(j)
    for k in range(DEPTH):
        a, b = shared[rows + k * LEFT_STRIDE], shared[columns + k * RIGHT_STRIDE]
        totals += np.outer(a, b).ravel()


def row_of(i):
    """The row of the tile that sum (i, j) of this thread belongs to."""
    warp, lane = divmod(cuda.threadIdx.x, DOWN * ACROSS)
    return (warp // WARPS * HIGH + i // 4) * (4 * DOWN) + lane // ACROSS * 4 + i % 4


def column_of(j):
    """The column of the tile that sum (i, j) of this thread belongs to."""
    warp, lane = divmod(cuda.threadIdx.x, DOWN * ACROSS)
    part = (warp % WARPS * WIDE + j // 8) * (8 * ACROSS)
    return part + j % 8 // 4 * (4 * ACROSS) + lane % ACROSS * 4 + j % 4
