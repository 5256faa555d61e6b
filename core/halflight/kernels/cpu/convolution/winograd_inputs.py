"""What Winograd's products multiply: kernels transformed, images copied, their tiles transformed.

Images are copied a group at a time with a border of zeros and channels padded to 16, so that every
tile of 6 x 6 inputs lies inside the copy.
"""

import numba
import numpy as np

from ..machine.compiler import compiled
from ..machine.vector import LANES, copy_floats
from ..products.multiply import WIDTH
from .winograd_maps import INPUTS, POINTS
from .winograd_tiles import NARROW, TILE, WHOLE, mosaics_of, place
from .winograd_transforms import transform_inputs, transform_short_inputs, transform_weights


@compiled(parallel=True)
def transform_kernel(transformed, w, transposed, buffer):
    """transformed (blocks, 36, in, 16 or WIDTH) = G w G^T, channels padded by zeros.

    w is (3, 3, in, out); `transposed` flips its taps and swaps in and out, as gradients need it.
    """
    channels_in, channels = (w.shape[3], w.shape[2]) if transposed else (w.shape[2], w.shape[3])
    depth = (channels_in + LANES - 1) // LANES * LANES
    vectors = (channels + LANES - 1) // LANES
    for i in numba.prange(depth):
        taps = buffer[numba.get_thread_id()]
        for vector in range(vectors):
            for tap in range(9):
                for lane in range(LANES):
                    o = vector * LANES + lane
                    value = np.float32(0)
                    if i < channels_in and o < channels:
                        if transposed:
                            value = w[2 - tap // 3, 2 - tap % 3, o, i]
                        else:
                            value = w[tap // 3, tap % 3, i, o]
                    taps[tap * LANES + lane] = value
            first = vector * LANES // WIDTH * WIDTH
            columns = min(WIDTH, vectors * LANES - first)
            to = first * POINTS * depth + i * columns + vector * LANES - first
            stride = depth * columns
            transform_weights(taps, 0, 3 * LANES, LANES, transformed, to, INPUTS * stride, stride)


@compiled()
def _pad_row(padded, to, length, x, source, before, width, channels, padded_channels):
    """Copy `width` pixels of a row of x, `before` zeros before them, and zeros up to `length`."""
    zero = np.float32(0)
    begin = min(max(before, 0), length)
    end = max(begin, min(length, before + width))
    source += (begin - before) * channels
    padded[to : to + begin * padded_channels] = zero
    if channels == padded_channels:
        copy_floats(padded, to + begin * channels, x, source, (end - begin) * channels)
    else:
        for column in range(begin, end):
            start = to + column * padded_channels
            here = source + (column - begin) * channels
            for c in range(channels):
                padded[start + c] = x[here + c]
            for c in range(channels, padded_channels):
                padded[start + c] = zero
    padded[to + end * padded_channels : to + length * padded_channels] = zero


@compiled()
def pad(padded, x, first, last, shape, before, tiling):
    """Copy images first..last of x (shape: height, width, channels), `before` zeros before them."""
    height, width, channels = shape
    for row in range(mosaics_of(last - first, tiling) * tiling.height):
        mosaic, row_here = divmod(row, tiling.height)
        line, row_in_image = divmod(row_here, tiling.pitch) if tiling.down > 1 else (0, row_here)
        source_row = row_in_image - before[0]
        start = row * tiling.width * tiling.channels
        for k in range(tiling.across):
            n = first + (mosaic * tiling.down + line) * tiling.across + k
            to = start + k * tiling.pitch_across * tiling.channels
            length = tiling.pitch_across
            if k == tiling.across - 1:
                length = tiling.width - k * tiling.pitch_across
            if line < tiling.down and n < last and 0 <= source_row < height:
                source = (n * height + source_row) * width * channels
                _pad_row(padded, to, length, x, source, before[1], width, channels, tiling.channels)
            else:
                padded[to : to + length * tiling.channels] = np.float32(0)


@compiled()
def transform_block(v, padded, first, count, kinds, tiling):
    """v (channels / 16, block, 36, 16) = B^T x B of tiles first..first + count of a group."""
    line = tiling.width * tiling.channels
    for t in range(count):
        kind, mosaic, row, column = place(first + t, kinds, tiling)
        corner = ((mosaic * tiling.height + row) * tiling.width + column) * tiling.channels
        for c in range(tiling.channels // LANES):
            x0, v0 = corner + c * LANES, (c * tiling.block + t) * TILE
            if kind == WHOLE:
                transform_inputs(padded, x0, line, tiling.channels, v, v0, INPUTS * LANES, LANES)
                continue
            x_row, x_column, v_row, v_column = line, tiling.channels, INPUTS * LANES, LANES
            if kind == NARROW:
                x_row, x_column, v_row, v_column = x_column, x_row, v_column, v_row
            transform_short_inputs(padded, x0, x_row, x_column, v, v0, v_row, v_column)
