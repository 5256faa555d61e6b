"""Copying convolution weights into blocks of output channels, as wide as they are multiplied.

A block has WIDTH channels, the last one 16 where that is enough; zeros beyond the last channel.
"""

import numba
import numpy as np

from ..machine.compiler import compiled
from ..machine.vector import LANES
from .multiply import WIDTH


@compiled(entry=True)
def padded_channels(channels):
    """Channels of all blocks together."""
    return (channels + LANES - 1) // LANES * LANES


@compiled(parallel=True)
def pack(packed, w):
    """packed (blocks, depth, columns) = w (depth, out)."""
    depth, channels = w.shape
    width = padded_channels(channels)
    for block in numba.prange((width + WIDTH - 1) // WIDTH):
        first = block * WIDTH
        columns = min(WIDTH, width - first)
        left = min(columns, channels - first)
        for k in range(depth):
            to = first * depth + k * columns
            for lane in range(left):
                packed[to + lane] = w[k, first + lane]
            for lane in range(left, columns):
                packed[to + lane] = np.float32(0)


@compiled(parallel=True)
def pack_transposed(packed, w, first_tap, step, taps):
    """Pack every step-th tap of w (kd, kh, kw, in, out), flipped, with in and out swapped."""
    channels_in, channels = w.shape[3:]
    width = padded_channels(channels_in)
    number = taps[0] * taps[1] * taps[2]
    depth = number * channels
    for block in numba.prange((width + WIDTH - 1) // WIDTH):
        first = block * WIDTH
        columns = min(WIDTH, width - first)
        left = min(columns, channels_in - first)
        for tap in range(number):
            a, b, c = tap // taps[2] // taps[1], tap // taps[2] % taps[1], tap % taps[2]
            t = first_tap[0] + step[0] * (taps[0] - 1 - a)
            u = first_tap[1] + step[1] * (taps[1] - 1 - b)
            v = first_tap[2] + step[2] * (taps[2] - 1 - c)
            to = first * depth + tap * channels * columns
            for o in range(channels):
                for lane in range(left):
                    packed[to + o * columns + lane] = w[t, u, v, first + lane, o]
                for lane in range(left, columns):
                    packed[to + o * columns + lane] = np.float32(0)
