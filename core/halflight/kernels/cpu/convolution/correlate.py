"""The compiled loop behind direct convolution: windows of an image times weights.

An "implicit GEMM" (Goto & van de Geijn 2008): the windows of ROWS pixels are copied, DEPTH weights
at a time, into a panel, which is multiplied by packed weights; panel and weights stay in the first
two cache levels. Every output is one sum in a fixed order.
"""

import math

import numba

from ...formulas import rectify
from ..arrays import Array
from ..loops.pairs import make_room, places_of, pool_pairs
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.tasks import take, tasks
from ..products.epilogue import Ending, epilogue
from ..products.multiply import ROWS, WIDTH, multiply
from ..products.pack import padded_channels
from .windows import (
    DEPTH,
    STRIDE,
    Taps,
    Windows,
    fill_panel,
    flattened,
    group_images,
    locate,
    nested,
    next_row,
    pad_images,
)


def correlate(
    y: Array, x: Array, packed: Array, ending: Ending, windows: Windows, taps: Taps
) -> None:
    """y[target pixel, o] = ending of window of x . packed weights, for every window.

    y (n, planes, rows, columns, out), x (n, planes, rows, columns, in); packed as pack.py has it.
    """
    group, length = group_images(len(x), x.shape[4], windows)
    threads, lengths = thread_limit(), ending.lengths(y)
    _correlate(
        y.reshape(-1),
        places_of(ending.places),
        x.reshape(-1),
        packed,
        *epilogue(y.shape[4], ending),
        (len(y), *lengths, y.shape[4]),
        x.shape,
        flattened(windows),
        taps.run,
        taps.starts,
        group,
        scratch("padded", threads, length),
        scratch("panel", threads, ROWS * STRIDE),
        scratch("tile", threads, ROWS * padded_channels(y.shape[4])),
        scratch("unpooled", threads, group * math.prod(lengths) * y.shape[4] if ending.pool else 1),
        *make_room(lengths[2] * y.shape[4] if ending.pool else 1),
        ending.pool,
        tasks(),
    )


@compiled()
def _store_tile(y, tile, shape, windows, first, pixel, count, epilogue):
    """Write a tile (blocks, ROWS, columns) to the target pixels of windows pixel..pixel + count."""
    _, depth, height, width, channels = shape
    scale, shift, slope, floor = epilogue
    width_padded = padded_channels(channels)
    n, o, p, q = locate(pixel, windows)
    for r in range(count):
        plane = windows.first[0] + o * windows.stride[0]
        row = windows.first[1] + p * windows.stride[1]
        column = windows.first[2] + q * windows.stride[2]
        to = ((((first + n) * depth + plane) * height + row) * width + column) * channels
        for channel in range(0, width_padded, WIDTH):
            columns = min(WIDTH, width_padded - channel)
            here = channel * ROWS + r * columns
            for c in range(min(columns, channels - channel)):
                z = tile[here + c] * scale[channel + c] + shift[channel + c]
                y[to + channel + c] = rectify(z, slope, floor)
        q += 1
        if q == windows.number[2]:
            q = 0
            n, o, p = next_row(n, o, p, windows)


@compiled()
def _correlate_group(
    y,
    x,
    packed,
    epilogue,
    y_shape,
    x_shape,
    windows,
    taps,
    first,
    last,
    padded,
    panel,
    tile,
    target,
):
    """y of images first..last, the first of which is number `target` of y."""
    channels = x_shape[4]
    width = padded_channels(y_shape[4])
    depth = taps.run * len(taps.starts)
    planes, rows, columns = windows.number
    total = (last - first) * planes * rows * columns
    pad_images(padded, x, x_shape, windows, first, last)
    for pixel in range(0, total, ROWS):
        count = min(ROWS, total - pixel)
        for begin in range(0, depth, DEPTH):
            end = min(begin + DEPTH, depth)
            fill_panel(panel, padded, pixel, count, channels, windows, taps, begin, end)
            for channel in range(0, width, WIDTH):
                block = min(WIDTH, width - channel)
                multiply(
                    panel,
                    0,
                    STRIDE,
                    packed,
                    channel * depth + begin * block,
                    block,
                    tile,
                    channel * ROWS,
                    block,
                    ROWS,
                    block,
                    end - begin,
                    1,
                    0,
                    begin == 0,
                )
        _store_tile(y, tile, y_shape, windows, target, pixel, count, epilogue)


@compiled(parallel=True)
def _correlate(
    y,
    index,
    x,
    packed,
    scale,
    shift,
    slope,
    floor,
    y_shape,
    x_shape,
    windows,
    run,
    starts,
    group,
    padded,
    panel,
    tile,
    unpooled,
    value,
    places,
    pool,
    queue,
):
    images = x_shape[0]
    for _ in numba.prange(len(queue)):
        thread = numba.get_thread_id()
        first = take(queue) * group
        while first < images:
            last = min(first + group, images)
            _correlate_group(
                unpooled[thread] if pool else y,
                x,
                packed,
                (scale, shift, slope, floor),
                y_shape,
                x_shape,
                nested(windows),
                Taps(run, starts),
                first,
                last,
                padded[thread],
                panel[thread],
                tile[thread],
                0 if pool else first,
            )
            if pool:
                room = value[thread], places[thread]
                pool_pairs(y, index, unpooled[thread], first, last, y_shape[2:], *room)
            first = take(queue) * group
