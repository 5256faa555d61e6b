"""Two-dimensional convolution: every pass is a correlation of images with packed weights."""

import numpy as np

from ..contract import checked
from .arrays import FLOAT, Array
from .compiler import compiled
from .correlate import correlate
from .correlate_weights import correlate_weights
from .scratch import scratch
from .simd import LANES
from .windows import Windows

__all__ = [
    "conv2d_backward_input",
    "conv2d_backward_weights",
    "conv2d_forward",
]

Pair = tuple[int, int]


@compiled()
def _pack(packed, w):  # type: ignore
    """packed (blocks, depth, 16) = w (depth, out), zeros beyond the last output."""
    blocks, depth, lanes = packed.shape
    channels = w.shape[1]
    for block in range(blocks):
        left = min(lanes, channels - block * lanes)
        for k in range(depth):
            for lane in range(left):
                packed[block, k, lane] = w[k, block * lanes + lane]
            for lane in range(left, lanes):
                packed[block, k, lane] = np.float32(0)


@compiled()
def _pack_transposed(packed, w, first_row, first_column, stride_rows, stride_columns):  # type: ignore
    """Pack every stride-th tap of w (kh, kw, in, out), flipped, with in and out swapped."""
    rows, columns, channels_in, channels = w.shape
    taps_rows = (rows - first_row + stride_rows - 1) // stride_rows
    taps_columns = (columns - first_column + stride_columns - 1) // stride_columns
    blocks, _, lanes = packed.shape
    for block in range(blocks):
        left = min(lanes, channels_in - block * lanes)
        for a in range(taps_rows):
            u = first_row + stride_rows * (taps_rows - 1 - a)
            for b in range(taps_columns):
                v = first_column + stride_columns * (taps_columns - 1 - b)
                start = (a * taps_columns + b) * channels
                for lane in range(left):
                    for o in range(channels):
                        packed[block, start + o, lane] = w[u, v, block * lanes + lane, o]
                for o in range(channels):
                    for lane in range(left, lanes):
                        packed[block, start + o, lane] = np.float32(0)


def _windows(output: Pair, size: Pair, strides: Pair, padding: Pair) -> Windows:
    return Windows(*output, *size, *strides, *padding)


@checked(FLOAT)
def conv2d_forward(
    y: Array, x: Array, w: Array, b: Array | None, strides: Pair, padding: Pair
) -> None:
    """y (n, p, q, out) from x (n, h, w, in), w (kh, kw, in, out) and b (out,) or None."""
    rows, columns, channels_in, channels = w.shape
    depth, blocks = rows * columns * channels_in, -(-channels // LANES)
    packed = scratch("packed", blocks, depth, LANES)
    _pack(packed, w.reshape(depth, channels))
    bias = scratch("bias", blocks * LANES)
    bias[:] = 0.0
    if b is not None:
        bias[:channels] = b
    correlate(y, x, packed, bias, _windows(y.shape[1:3], (rows, columns), strides, padding))


@checked(FLOAT)
def conv2d_backward_input(dx: Array, dy: Array, w: Array, strides: Pair, padding: Pair) -> None:
    """dx (n, h, w, in) = gradient of conv2d_forward by its x.

    Pixels of dx that lie a stride apart see the same taps of w: each such phase is a correlation of
    dy with those taps, flipped.
    """
    rows, columns, channels_in, channels = w.shape
    if strides[0] > rows or strides[1] > columns:
        dx.fill(0.0)  # phases that no window covers
    blocks = -(-channels_in // LANES)
    bias = scratch("bias", blocks * LANES)
    bias[:] = 0.0
    for first_row in range(min(strides[0], dx.shape[1])):
        tap_row = (first_row + padding[0]) % strides[0]
        taps_rows = len(range(tap_row, rows, strides[0]))
        for first_column in range(min(strides[1], dx.shape[2])):
            tap_column = (first_column + padding[1]) % strides[1]
            taps_columns = len(range(tap_column, columns, strides[1]))
            if taps_rows == 0 or taps_columns == 0:
                continue
            packed = scratch("packed", blocks, taps_rows * taps_columns * channels, LANES)
            _pack_transposed(packed, w, tap_row, tap_column, *strides)
            windows = Windows(
                rows=len(range(first_row, dx.shape[1], strides[0])),
                columns=len(range(first_column, dx.shape[2], strides[1])),
                size_rows=taps_rows,
                size_columns=taps_columns,
                step_rows=1,
                step_columns=1,
                top=taps_rows - 1 - (first_row + padding[0]) // strides[0],
                left=taps_columns - 1 - (first_column + padding[1]) // strides[1],
                first_row=first_row,
                first_column=first_column,
                stride_rows=strides[0],
                stride_columns=strides[1],
            )
            correlate(dx, dy, packed, bias, windows)


@checked(FLOAT)
def conv2d_backward_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, strides: Pair, padding: Pair
) -> None:
    """dw (kh, kw, in, out) and db (out,), or None, += gradients of conv2d_forward."""
    windows = _windows(dy.shape[1:3], dw.shape[:2], strides, padding)
    correlate_weights(dw, db, dy, x, windows)
