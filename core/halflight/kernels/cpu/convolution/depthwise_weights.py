"""The weight gradients of depthwise convolution.

Rows of the output are summed one by one and then in chunks, whose number depends on the shapes
alone; the chunks are added in order, so the thread count changes no byte.
"""

import numba
import numpy as np
from numba import prange

from ..arrays import Array
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from .strips import multiply_add, split, window_columns

_CHUNKS = 32

Pair = tuple[int, int]


def depthwise_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    strides: Pair,
    padding: Pair,
    dilation: Pair,
) -> None:
    """dw (kh, kw, c, m) and db (c m,), or None, += gradients of depthwise_conv2d_forward."""
    rows, columns, channels, multiplier = dw.shape
    chunks = min(_CHUNKS, len(dy) * dy.shape[1])
    # One more tap than the window has holds the sums of dy itself, the gradient of the bias.
    sums = scratch("depthwise dw", chunks, rows * columns + 1, multiplier, channels)
    strips = scratch("strips", thread_limit(), dy.shape[2], multiplier, channels)
    totals = scratch("depthwise total", thread_limit(), multiplier, channels)
    _sum_chunks(sums, dy, x, (rows, columns), strides, padding, dilation, strips, totals)
    for chunk in sums[1:]:
        sums[0] += chunk
    dw += sums[0, :-1].reshape(rows, columns, multiplier, channels).transpose(0, 1, 3, 2)
    if db is not None:
        db += sums[0, -1].T.reshape(-1)


@compiled()
def _add_row(sums, strip, x, p, size, strides, padding, dilation, total):
    """Add what row p of the outputs, strip (q, m, c), brings to the sums of one image x."""
    for u in range(size[0]):
        row = p * strides[0] - padding[0] + u * dilation[0]
        if row < 0 or row >= x.shape[0]:
            continue
        for v in range(size[1]):
            start = v * dilation[1] - padding[1]
            begin, end = window_columns(start, strides[1], len(strip), x.shape[1])
            total[:] = np.float32(0)
            for q in range(begin, end):
                for k in range(len(total)):
                    multiply_add(total[k], x[row, start + q * strides[1]], strip[q, k])
            sums[u * size[1] + v] += total
    total[:] = np.float32(0)
    for q in range(len(strip)):
        total += strip[q]
    sums[len(sums) - 1] += total


@compiled(parallel=True)
def _sum_chunks(sums, dy, x, size, strides, padding, dilation, strips, totals):
    chunks, rows = len(sums), dy.shape[1]
    count = len(dy) * rows
    for chunk in prange(chunks):
        thread = numba.get_thread_id()
        sums[chunk] = np.float32(0)
        for i in range(chunk * count // chunks, (chunk + 1) * count // chunks):
            n, p = i // rows, i % rows
            split(strips[thread], dy[n, p])
            _add_row(
                sums[chunk],
                strips[thread],
                x[n],
                p,
                size,
                strides,
                padding,
                dilation,
                totals[thread],
            )
