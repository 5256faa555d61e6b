"""The register tile behind every product: c (ROWS, COLUMNS) += a (ROWS, k) b (k, COLUMNS).

A block of threads computes one tile of c. It copies DEPTH columns of a and rows of b into shared
memory at a time, while each thread multiplies those before: 4 HIGH x 4 WIDE sums of its own stay in
its registers (Volkov & Demmel 2008; the layout of CUTLASS). Groups of four rows and columns of a
thread lie ROWS / HIGH and COLUMNS / WIDE apart, so that a warp reads shared memory without
conflicts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda

from ..machine.simulated import SIMULATED
from .vectors import load4, store4

# ruff: noqa: F821 (kernels see the constants of their tile)

DEPTH = 4 if SIMULATED else 8
# Blocks that keep a large GPU busy: smaller tiles are chosen for what has fewer large ones.
BUSY = 2 if SIMULATED else 264


@dataclass(frozen=True)
class Tile:
    """A shape of tiles, whose threads have 4 HIGH x 4 WIDE sums; kernels see the capitals."""

    ROWS: int
    COLUMNS: int
    HIGH: int
    WIDE: int
    DEPTH: int = DEPTH

    @property
    def high(self) -> int:
        """Rows of the sums of a thread."""
        return 4 * self.HIGH

    @property
    def broad(self) -> int:
        """Columns of the sums of a thread."""
        return 4 * self.WIDE

    @property
    def strides(self) -> tuple[int, int]:
        """Floats from one row to the next of the shared copies of a and b."""
        return self.ROWS, self.COLUMNS

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.ROWS // self.high * (self.COLUMNS // self.broad)

    def constants(self) -> dict[str, Any]:
        """What a kernel of this tile sees."""
        left, right = self.strides
        quads = self.DEPTH // 4  # of one row of a, or column of b
        rows, columns = (-(-n * quads // self.threads) for n in (self.ROWS, self.COLUMNS))
        return {
            "ROWS": self.ROWS,
            "COLUMNS": self.COLUMNS,
            "HIGH": self.HIGH,
            "WIDE": self.WIDE,
            "DEPTH": self.DEPTH,
            "QUADS": quads,
            "THREADS": self.threads,
            "LEFT_STRIDE": left,
            "RIGHT_STRIDE": right,
            "COPIES": (left + right) * self.DEPTH,  # floats of one copy of a and b
            "SHARED": 2 * (left + right) * self.DEPTH,
            "TALL": self.high,
            "BROAD": self.broad,
            "SUMS": self.high * self.broad,
            "LOADS_ROWS": rows,
            "FETCHED_ROWS": 4 * rows,
            "LOADS_COLUMNS": columns,
            "FETCHED_COLUMNS": 4 * columns,
            "multiply": multiply,
            "row_of": row_of,
            "column_of": column_of,
            "rounded": unchanged,
        }

    def blocks(self, rows: int, columns: int) -> tuple[int, int]:
        """Blocks that cover c."""
        return -(-rows // self.ROWS), -(-columns // self.COLUMNS)


# From large to small.
TILES: tuple[Tile, ...] = (
    Tile(128, 128, 2, 2),
    Tile(128, 64, 2, 1),
    Tile(64, 64, 2, 1),
    Tile(128, 32, 2, 1),
    Tile(64, 32, 2, 1),
    Tile(32, 32, 1, 1),
    Tile(128, 16, 2, 1),
    Tile(64, 16, 1, 1),
)
if SIMULATED:
    TILES = (Tile(16, 16, 2, 2), Tile(16, 8, 2, 1), Tile(8, 4, 1, 1))


def choose(tiles: tuple[Tile, ...], rows: int, columns: int, layers: int = 1) -> Tile:
    """The tile, of these, for c (rows, columns), of which there are so many.

    The largest that keeps the GPU busy, else the smallest, of those that are as wide as is needed.
    """
    widths = sorted({tile.COLUMNS for tile in tiles})
    narrowest = min(columns, widths[1])
    widest = next((width for width in widths if width >= columns), widths[-1])
    fitting = [tile for tile in tiles if narrowest <= tile.COLUMNS <= widest]
    for tile in fitting:
        down, across = tile.blocks(rows, columns)
        if down * across * layers >= BUSY:
            return tile
    return fitting[-1]


def multiply(totals, shared, start):
    """totals += a b of the copy from `start` on: a (DEPTH, ROWS), then b (DEPTH, COLUMNS)."""
    left = cuda.local.array(TALL, np.float32)
    right = cuda.local.array(BROAD, np.float32)
    row = cuda.threadIdx.x // (COLUMNS // BROAD) * 4
    column = cuda.threadIdx.x % (COLUMNS // BROAD) * 4
    for k in range(DEPTH):
        for g in range(HIGH):
            a0, a1, a2, a3 = load4(shared, start + k * LEFT_STRIDE + g * (ROWS // HIGH) + row)
            left[4 * g], left[4 * g + 1], left[4 * g + 2], left[4 * g + 3] = a0, a1, a2, a3
        b_start = start + DEPTH * LEFT_STRIDE + k * RIGHT_STRIDE + column
        for g in range(WIDE):
            b0, b1, b2, b3 = load4(shared, b_start + g * (COLUMNS // WIDE))
            right[4 * g], right[4 * g + 1], right[4 * g + 2], right[4 * g + 3] = b0, b1, b2, b3
        for i in range(TALL):
            for j in range(BROAD):
                totals[i * BROAD + j] += left[i] * right[j]


def put4(shared, start, staged, loads, length, stride):
    """Store what each thread fetched, four numbers of a row at a time, as (DEPTH, length)."""
    for load in range(loads):
        number = cuda.threadIdx.x + load * THREADS
        if number < length * QUADS:
            at = 4 * load
            k, quad = divmod(number, length // 4)
            store4(
                shared,
                start + k * stride + 4 * quad,
                rounded(staged[at]),
                rounded(staged[at + 1]),
                rounded(staged[at + 2]),
                rounded(staged[at + 3]),
            )


def unchanged(x):
    """What is stored of x where factors need no rounding."""
    return x


def row_of(i):
    """The row of the tile that sum (i, j) of this thread belongs to."""
    group = i // 4 * (ROWS // HIGH)
    return group + cuda.threadIdx.x // (COLUMNS // BROAD) * 4 + i % 4


def column_of(j):
    """The column of the tile that sum (i, j) of this thread belongs to."""
    group = j // 4 * (COLUMNS // WIDE)
    return group + cuda.threadIdx.x % (COLUMNS // BROAD) * 4 + j % 4
