"""Weight gradients of direct convolution, from padded images in place.

Each row of a window is a run of floats, whose products with a row of output gradients are summed
by the register tile. Groups of images are summed in chunks whose number depends on the shapes
alone, and the chunks are added in order, so the thread count changes no byte.
"""

import numba
import numpy as np

from ..arrays import Array
from ..loops.columns import sum_columns
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..machine.vector import LANES
from ..products.multiply import WIDTH
from ..products.stretches import multiply_stretches
from . import sliding
from .windows import Triple, Windows, flattened, group_images, nested, pad_images

# Chunks: enough to share among threads, few enough that their sums stay small.
_CHUNKS = (8, 64)
_MEGABYTE = 1 << 20


def pays(windows: Windows, size: Triple, dilation: Triple, channels_in: int, channels: int) -> bool:
    """Whether sliding does: dy, too, is read in place, so its channels must fill whole vectors."""
    return channels % LANES == 0 and sliding.pays(windows, size, dilation, channels_in)


@compiled()
def _add_line(total, line):
    for c in range(total.size):
        total[c] += line[c]


@compiled()
def _add_image(weights, biases, dy, to, padded, start, windows, size, jump, channels_in, channels):
    """weights (blocks, kd kh, run padded to 16, columns) += the products of an image."""
    planes, rows, columns_out = windows.number
    down, along, across = windows.step
    line = windows.covered[2] * channels_in
    run = size[2] * channels_in
    padded_run = (run + LANES - 1) // LANES * LANES
    depth = size[0] * size[1] * padded_run
    for plane in range(planes):
        for row in range(rows):
            here = to + (plane * rows + row) * columns_out * channels
            pixels = dy[here : here + columns_out * channels].reshape(columns_out, channels)
            sum_columns(biases[0], pixels)
            _add_line(biases[1], biases[0])
            for u in range(size[0]):
                first = (plane * down + u * jump[0]) * windows.covered[1] + row * along
                for channel in range(0, channels, WIDTH):
                    columns = min(WIDTH, channels - channel)
                    multiply_stretches(
                        padded,
                        start + first * line,
                        channels_in * across,
                        jump[1] * line,
                        dy,
                        here + channel,
                        channels,
                        weights,
                        channel * depth + u * size[1] * padded_run * columns,
                        columns,
                        padded_run * columns,
                        size[1],
                        run,
                        columns,
                        columns_out,
                    )


@compiled(parallel=True)
def _slide_weights(
    weights, biases, dy, x, y_shape, x_shape, windows, size, jump, group, padded, queue
):
    images, channels_in, channels = x_shape[0], x_shape[4], y_shape[4]
    chunks = len(weights)
    groups = (images + group - 1) // group
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        nest = nested(windows)
        chunk = take(queue)
        while chunk < chunks:
            weights[chunk] = np.float32(0)
            biases[chunk] = np.float32(0)
            image = nest.covered[0] * nest.covered[1] * nest.covered[2] * channels_in
            size_of_y = y_shape[1] * y_shape[2] * y_shape[3] * channels
            for g in range(chunk * groups // chunks, (chunk + 1) * groups // chunks):
                first, last = g * group, min((g + 1) * group, images)
                pad_images(padded[thread], x, x_shape, nest, first, last)
                for n in range(first, last):
                    _add_image(
                        weights[chunk],
                        biases[chunk],
                        dy,
                        n * size_of_y,
                        padded[thread],
                        (n - first) * image,
                        nest,
                        size,
                        jump,
                        channels_in,
                        channels,
                    )
            chunk = take(queue)


@compiled(entry=True)
def _add_chunks(dw, db, weights, biases):
    """Add the chunks, in order, to dw (kd kh, run, channels) and db (channels,)."""
    taps, run, channels = dw.shape
    chunks, total = weights.shape
    depth = total // channels
    padded_run = depth // taps
    for chunk in range(1, chunks):
        _add_line(weights[0], weights[chunk])
    for chunk in range(chunks):
        _add_line(db, biases[chunk, 1])
    for channel in range(0, channels, WIDTH):
        columns = min(WIDTH, channels - channel)
        for tap in range(taps):
            for k in range(run):
                start = channel * depth + (tap * padded_run + k) * columns
                _add_line(
                    dw[tap, k, channel : channel + columns], weights[0, start : start + columns]
                )


def slide_weights(
    dw: Array, db: Array | None, dy: Array, x: Array, windows: Windows, dilation: Triple
) -> None:
    """dw (kd, kh, kw, in, out), db (out,) or None += the gradients of sliding.slide."""
    channels_in, channels = dw.shape[3:]
    group, length = group_images(len(x), channels_in, windows)
    groups = -(-len(x) // group)
    taps, run = dw.shape[0] * dw.shape[1], dw.shape[2] * channels_in
    size = taps * -(-run // LANES) * LANES * channels
    chunks = min(groups, max(_CHUNKS[0], min(_CHUNKS[1], _MEGABYTE // (4 * size))))
    weights, biases = scratch("weights", chunks, size), scratch("biases", chunks, 2, channels)
    threads = thread_limit()
    _slide_weights(
        weights,
        biases,
        dy.reshape(-1),
        x.reshape(-1),
        dy.shape,
        x.shape,
        flattened(windows),
        dw.shape[:3],
        dilation,
        group,
        scratch("padded", threads, length + run + LANES),
        tasks(),
    )
    spare = scratch("no bias", channels) if db is None else db
    _add_chunks(dw.reshape(taps, run, channels), spare, weights, biases)
