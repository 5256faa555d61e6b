"""The weight gradients of depthwise convolution.

Each output's pixels are cut into chunks, as columns.py cuts rows; a thread sums the products of
several taps at once, so that it reads dy and finds its pixel once for all of them.
"""

import numpy as np
from numba import cuda

from ..arrays import Array, flat
from ..loops.columns import ACROSS, DOWN, THREADS, add_sums, chunks_of, sum_down
from ..machine.compiler import Kernel
from ..machine.scratch import scratch
from ..machine.simulated import SIMULATED

# Taps of one thread: all of a window of 3 x 3.
_TAPS = 2 if SIMULATED else 9

_ZERO = np.float32(0)

Pair = tuple[int, int]


@Kernel
def _sum_chunk(sums, dy, x, chunk_rows, outputs, image, size, strides, padding, dilation):
    """sums (chunks, taps, c m); blocks are (outputs, chunk, group of taps)."""
    shared = cuda.shared.array(THREADS, np.float32)
    totals = cuda.local.array(_TAPS, np.float32)
    downs, rights = cuda.local.array(_TAPS, np.int32), cuda.local.array(_TAPS, np.int32)
    columns, (height, width, channels) = outputs[2], image
    taps, first = size[0] * size[1], cuda.blockIdx.z * _TAPS
    for t in range(_TAPS):
        u, v = divmod(first + t, size[1])
        totals[t] = _ZERO
        # A tap after the last lies below every image.
        downs[t] = u * dilation[0] - padding[0] if first + t < taps else height
        rights[t] = v * dilation[1] - padding[1]
    output = cuda.blockIdx.x * ACROSS + cuda.threadIdx.x % ACROSS
    start = cuda.blockIdx.y * chunk_rows
    if output < columns:
        channel = output // (columns // channels)
        last = min(start + chunk_rows, dy.size // columns)
        for pixel in range(start + cuda.threadIdx.x // ACROSS, last, DOWN):
            rest, q = divmod(pixel, outputs[1])
            n, p = divmod(rest, outputs[0])
            gradient = dy[pixel * columns + output]
            for t in range(_TAPS):
                row, column = p * strides[0] + downs[t], q * strides[1] + rights[t]
                if row >= 0 and row < height and column >= 0 and column < width:
                    at = ((n * height + row) * width + column) * channels + channel
                    totals[t] += gradient * x[at]
    for t in range(_TAPS):
        total = sum_down(totals[t], shared)
        if output < columns and cuda.threadIdx.x < ACROSS and first + t < taps:
            sums[(cuda.blockIdx.y * taps + first + t) * columns + output] = total


def depthwise_weights(
    dw: Array, dy: Array, x: Array, strides: Pair, padding: Pair, dilation: Pair
) -> None:
    """dw (kh, kw, c, m) += gradient of depthwise_conv2d_forward."""
    columns, size = dy.shape[3], dw.shape[:2]
    chunks, chunk_rows = chunks_of(dy.size // columns)
    sums = scratch("depthwise sums", chunks * dw.size)
    blocks = (-(-columns // ACROSS), chunks, -(-size[0] * size[1] // _TAPS))
    shapes = dy.shape[1:], x.shape[1:], size
    geometry = tuple(strides), tuple(padding), tuple(dilation)
    _sum_chunk(blocks, THREADS, sums, *flat(dy, x), chunk_rows, *shapes, *geometry)
    add_sums(dw.reshape(dw.size), sums, chunks, 0)
