"""Products of matrices for dense layers: panels are packed, and multiplied while they are cached.

Columns of the result are computed in panels of WIDTH or less, rows in chunks; a task packs DEPTH
numbers of the columns of a few panels at a time, and multiplies them by the rows packed beforehand.
Every number of the result is one sum, in a fixed order.
"""

import numba
import numpy as np

from ...formulas import rectify
from ..arrays import Array
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES, copy_floats
from .epilogue import Epilogue
from .multiply import ROWS, WIDTH, multiply, multiply_transposed
from .panels import add_panel, copy_panels, put_panel
from .transpose import transpose_block

# The longest sum taken in one go: a panel of weights fits the first-level cache, and deeper sums
# add such parts, which rounds less.
_DEPTH = 192
# Rows of a result whose sums stay in the second-level cache, in whole tiles.
_ROWS = ROWS * (192 // ROWS)
# Columns packed at once: those of a row lie together in memory, those of a transposed row do not.
_COLUMNS = 4 * WIDTH
# Floats from one packed row to the next: an odd number of cache lines.
_STRIDE = _DEPTH + LANES


@compiled(parallel=True)
def _pack_rows(packed, x):
    """packed (chunks of DEPTH, rows, STRIDE) = x (rows, depth)."""
    rows, depth = x.shape
    flat = x.reshape(-1)
    for chunk in numba.prange((depth + _DEPTH - 1) // _DEPTH):
        begin = chunk * _DEPTH
        for r in range(rows):
            copy_floats(
                packed,
                (chunk * rows + r) * _STRIDE,
                flat,
                r * depth + begin,
                min(_DEPTH, depth - begin),
            )


@compiled()
def _pack_columns(packed, w, first, begin, end, last):
    """packed (panels, begin..end, WIDTH or 16) = w[begin..end, first..last], zeros beyond."""
    channels = w.shape[1]
    flat = w.reshape(-1)
    depth = end - begin
    whole = (min(last, channels) - first) // WIDTH
    if whole:
        copy_panels(packed, flat, begin * channels + first, channels, depth, whole)
    for column in range(first + whole * WIDTH, last, WIDTH):
        columns = min(WIDTH, last - column)
        here = min(columns, channels - column)
        for k in range(begin, end):
            to = (column - first) * depth + (k - begin) * columns
            copy_floats(packed, to, flat, k * channels + column, here)
            for lane in range(here, columns):
                packed[to + lane] = np.float32(0)


@compiled()
def _pack_columns_transposed(packed, w, first, begin, end, last):
    """packed (panels, begin..end, WIDTH or 16) = w[first..last, begin..end] transposed."""
    channels = w.shape[1]
    flat = w.reshape(-1)
    depth = end - begin
    for row in range(first, last, LANES):
        panel = row - (row - first) % WIDTH
        columns = min(WIDTH, last - panel)
        to = (panel - first) * depth + row - panel
        k = begin
        if row + LANES <= w.shape[0]:
            for k in range(begin, end - LANES + 1, LANES):
                transpose_block(
                    packed, to + (k - begin) * columns, columns, flat, row * channels + k, channels
                )
            k = begin + (end - begin) // LANES * LANES
        for j in range(k, end):
            for lane in range(LANES):
                packed[to + (j - begin) * columns + lane] = (
                    w[row + lane, j] if row + lane < w.shape[0] else np.float32(0)
                )


@compiled()
def _store(y, sums, first_row, first, rows, columns, epilogue):
    channels = y.shape[1]
    scale, shift, slope, floor = epilogue
    here = min(columns, channels - first)
    for r in range(rows):
        for c in range(here):
            z = sums[r * columns + c] * scale[first + c] + shift[first + c]
            y[first_row + r, first + c] = rectify(z, slope, floor)


@compiled(parallel=True)
def _multiply(y, packed, w, scale, shift, slope, floor, panels, sums, transposed, share, queue):
    """y (rows, out) = epilogue of packed rows times w, or w transposed."""
    rows, channels = y.shape
    depth = w.shape[1] if transposed else w.shape[0]
    width = (channels + LANES - 1) // LANES * LANES
    shares_of_row = (width + share - 1) // share
    shares = shares_of_row * ((rows + _ROWS - 1) // _ROWS)
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        panel, total = panels[thread], sums[thread]
        task = take(queue)
        while task < shares:
            first_row, first = task // shares_of_row * _ROWS, task % shares_of_row * share
            count, last = min(_ROWS, rows - first_row), min(first + share, width)
            for begin in range(0, depth, _DEPTH):
                end = min(begin + _DEPTH, depth)
                if transposed:
                    _pack_columns_transposed(panel, w, first, begin, end, last)
                else:
                    _pack_columns(panel, w, first, begin, end, last)
                start = (begin // _DEPTH * rows + first_row) * _STRIDE
                for column in range(first, last, WIDTH):
                    columns = min(WIDTH, last - column)
                    multiply(
                        packed,
                        start,
                        _STRIDE,
                        panel,
                        (column - first) * (end - begin),
                        columns,
                        total,
                        (column - first) * _ROWS,
                        columns,
                        count,
                        columns,
                        end - begin,
                        1,
                        0,
                        begin == 0,
                    )
            for column in range(first, last, WIDTH):
                columns = min(WIDTH, last - column)
                _store(
                    y,
                    total[(column - first) * _ROWS :],
                    first_row,
                    column,
                    count,
                    columns,
                    (scale, shift, slope, floor),
                )
            task = take(queue)


def product(y: Array, x: Array, w: Array, epilogue: Epilogue, *, transposed: bool = False) -> None:
    """y (rows, out) = epilogue of x (rows, in) w (in, out), or of x w^T with w (out, in)."""
    threads = thread_limit()
    rows, depth = x.shape
    share = WIDTH if transposed else _COLUMNS
    packed = scratch("packed rows", (-(-depth // _DEPTH) * rows + ROWS) * _STRIDE)
    _pack_rows(packed, x)
    _multiply(
        y,
        packed,
        w,
        *epilogue,
        scratch("panel", threads, _DEPTH * share),
        scratch("sums", threads, _ROWS * share),
        transposed,
        share,
        tasks(),
    )


@compiled(parallel=True)
def _pack_gradients(packed, db, dy):
    """packed (panels, rows, columns) = dy (rows, out); db (out,) += its column sums."""
    rows, channels = dy.shape
    width = (channels + LANES - 1) // LANES * LANES
    for panel in numba.prange((width + WIDTH - 1) // WIDTH):
        first = panel * WIDTH
        columns = min(WIDTH, width - first)
        here = min(columns, channels - first)
        _pack_columns(packed[first * rows :], dy, first, 0, rows, first + columns)
        for begin in range(0, rows, LANES):  # by 16 rows first, which rounds less
            for c in range(here):
                total = np.float32(0)
                for r in range(begin, min(begin + LANES, rows)):
                    total += packed[first * rows + r * columns + c]
                db[first + c] += total


@compiled(parallel=True)
def _multiply_weights(dw, packed, x, panels, sums, fresh, queue):
    """dw (in, out) = (or +=, unless `fresh`) x^T dy, dy being packed."""
    rows, depth = x.shape
    channels = dw.shape[1]
    width = (channels + LANES - 1) // LANES * LANES
    flat, flat_dw = x.reshape(-1), dw.reshape(-1)
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        panel, total = panels[thread], sums[thread]
        begin = take(queue) * _DEPTH
        while begin < depth:
            count = min(_DEPTH, depth - begin)
            for r in range(rows):
                copy_floats(panel, r * _STRIDE, flat, r * depth + begin, count)
            for first in range(0, width, WIDTH):
                columns = min(WIDTH, width - first)
                for row in range(0, rows, _DEPTH):
                    multiply_transposed(
                        panel,
                        row * _STRIDE,
                        _STRIDE,
                        packed,
                        first * rows + row * columns,
                        columns,
                        total,
                        0,
                        columns,
                        count,
                        columns,
                        min(_DEPTH, rows - row),
                        row == 0,
                    )
                if columns == WIDTH and first + WIDTH <= channels:
                    to = begin * channels + first
                    if fresh:
                        put_panel(flat_dw, to, channels, total, 0, count)
                    else:
                        add_panel(flat_dw, to, channels, total, 0, count)
                    continue
                for k in range(count):
                    for c in range(min(columns, channels - first)):
                        before = np.float32(0) if fresh else dw[begin + k, first + c]
                        dw[begin + k, first + c] = before + total[k * columns + c]
            begin = take(queue) * _DEPTH


def weight_product(dw: Array, db: Array | None, dy: Array, x: Array, fresh: bool) -> None:
    """dw (in, out) += x^T dy for x (rows, in), dy (rows, out); db (out,), or None, += sum of dy.

    What dw held before does not count if it is `fresh`.
    """
    threads = thread_limit()
    rows, channels = dy.shape
    packed = scratch("packed gradients", rows * -(-channels // LANES) * LANES)
    _pack_gradients(packed, scratch("no bias", channels) if db is None else db, dy)
    _multiply_weights(
        dw,
        packed,
        x,
        scratch("columns", threads, rows * _STRIDE + LANES),
        scratch("sums", threads, (_DEPTH + LANES) * WIDTH),
        fresh,
        tasks(),
    )
