"""The compiled loop behind weight gradients: windows of an image times output gradients.

Panels of PIXELS windows, DEPTH weights at a time, are multiplied by the same pixels' output
gradients. Groups of images are summed in chunks whose number depends on the shapes alone, and the
chunks are added in order, so the thread count changes no byte.
"""

import numba
import numpy as np

from ..arrays import Array
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES
from ..products.multiply import WIDTH, multiply_transposed
from ..products.pack import padded_channels
from .windows import (
    DEPTH,
    STRIDE,
    Taps,
    Windows,
    fill_panel,
    flattened,
    group_images,
    nested,
    pad_images,
)

PIXELS = 48
# Chunks: enough to share among threads, few enough that their sums stay small.
_CHUNKS = (8, 64)
_MEGABYTE = 1 << 20


def correlate_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, windows: Windows, taps: Taps
) -> None:
    """dw (size, in, out), db (out,) += the gradients of y = correlate(x, w) + b.

    dy (n, planes, rows, columns, out) has one pixel for each window of x.
    """
    group, length = group_images(len(x), x.shape[4], windows)
    threads = thread_limit()
    channels = dw.shape[-1]
    width = padded_channels(channels)
    padded_depth = -(-dw.size // channels // LANES) * LANES
    groups = -(-len(x) // group)
    size = padded_depth * width
    chunks = min(groups, max(_CHUNKS[0], min(_CHUNKS[1], _MEGABYTE // (4 * size))))
    _correlate_weights(
        dw.reshape(-1),
        scratch("no bias", channels) if db is None else db,
        dy.reshape(-1),
        x.reshape(-1),
        dy.shape,
        x.shape,
        flattened(windows),
        taps.run,
        taps.starts,
        group,
        groups,
        scratch("padded", threads, length),
        scratch("panel", threads, PIXELS * STRIDE),
        scratch("tile", threads, PIXELS * width),
        scratch("weights", chunks, size),
        scratch("biases", chunks, width),
        tasks(),
    )


@compiled()
def _fill_gradients(tile, biases, dy, start, count, channels):
    """tile (blocks, PIXELS, columns) = `count` pixels of dy from element `start` on."""
    width = padded_channels(channels)
    for channel in range(0, width, WIDTH):
        columns = min(WIDTH, width - channel)
        left = min(columns, channels - channel)
        for r in range(count):
            here = channel * PIXELS + r * columns
            source = start + r * channels + channel
            for lane in range(left):
                tile[here + lane] = dy[source + lane]
            for lane in range(left, columns):
                tile[here + lane] = np.float32(0)
        for lane in range(left):
            total = np.float32(0)
            for r in range(count):
                total += tile[channel * PIXELS + r * columns + lane]
            biases[channel + lane] += total


@compiled()
def _correlate_weights_group(
    weights, biases, dy, x, y_shape, x_shape, windows, taps, first, last, padded, panel, tile
):
    channels_in, channels = x_shape[4], y_shape[4]
    width = padded_channels(channels)
    depth = taps.run * len(taps.starts)
    padded_depth = (depth + LANES - 1) // LANES * LANES
    planes, rows, columns = windows.number
    per_image = planes * rows * columns
    total = (last - first) * per_image
    pad_images(padded, x, x_shape, windows, first, last)
    for pixel in range(0, total, PIXELS):
        count = min(PIXELS, total - pixel)
        _fill_gradients(tile, biases, dy, (first * per_image + pixel) * channels, count, channels)
        for begin in range(0, depth, DEPTH):
            end = min(begin + DEPTH, depth)
            fill_panel(panel, padded, pixel, count, channels_in, windows, taps, begin, end)
            for channel in range(0, width, WIDTH):
                block = min(WIDTH, width - channel)
                multiply_transposed(
                    panel,
                    0,
                    STRIDE,
                    tile,
                    channel * PIXELS,
                    block,
                    weights,
                    channel * padded_depth + begin * block,
                    block,
                    end - begin,
                    block,
                    count,
                    False,
                )


@compiled()
def _correlate_weights_chunk(
    weights, biases, dy, x, y_shape, x_shape, windows, taps, group, first, last, padded, panel, tile
):
    """The gradients of groups first..last of images."""
    weights[:] = np.float32(0)
    biases[:] = np.float32(0)
    for g in range(first, last):
        _correlate_weights_group(
            weights,
            biases,
            dy,
            x,
            y_shape,
            x_shape,
            windows,
            taps,
            g * group,
            min((g + 1) * group, x_shape[0]),
            padded,
            panel,
            tile,
        )


@compiled()
def _add_chunks(dw, db, weights, biases, channels):
    """Add the chunks, in order, to dw (depth, channels) and db (channels,)."""
    chunks, size = weights.shape
    width = biases.shape[1]
    padded_depth = size // width
    for chunk in range(1, chunks):
        for i in range(size):
            weights[0, i] += weights[chunk, i]
        for i in range(width):
            biases[0, i] += biases[chunk, i]
    for first in range(0, width, WIDTH):
        columns = min(WIDTH, width - first)
        for k in range(dw.size // channels):
            for c in range(min(columns, channels - first)):
                dw[k * channels + first + c] += weights[0, first * padded_depth + k * columns + c]
    for o in range(channels):
        db[o] += biases[0, o]


@compiled(parallel=True)
def _correlate_weights(
    dw,
    db,
    dy,
    x,
    y_shape,
    x_shape,
    windows,
    run,
    starts,
    group,
    groups,
    padded,
    panel,
    tile,
    weights,
    biases,
    queue,
):
    chunks = len(weights)
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        chunk = take(queue)
        while chunk < chunks:
            _correlate_weights_chunk(
                weights[chunk],
                biases[chunk],
                dy,
                x,
                y_shape,
                x_shape,
                nested(windows),
                Taps(run, starts),
                group,
                chunk * groups // chunks,
                (chunk + 1) * groups // chunks,
                padded[thread],
                panel[thread],
                tile[thread],
            )
            chunk = take(queue)
    _add_chunks(dw, db, weights, biases, y_shape[4])
