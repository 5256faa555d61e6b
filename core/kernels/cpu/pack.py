"""Copying convolution weights into blocks of 16 output channels, as they are multiplied."""

import numpy as np

from .compiler import compiled


@compiled()
def pack(packed, w):  # type: ignore
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
def pack_transposed(packed, w, first, step, taps):  # type: ignore
    """Pack every step-th tap of w (kd, kh, kw, in, out), flipped, with in and out swapped."""
    channels_in, channels = w.shape[3:]
    blocks, _, lanes = packed.shape
    for block in range(blocks):
        left = min(lanes, channels_in - block * lanes)
        for tap in range(taps[0] * taps[1] * taps[2]):
            a, b, c = tap // taps[2] // taps[1], tap // taps[2] % taps[1], tap % taps[2]
            t = first[0] + step[0] * (taps[0] - 1 - a)
            u = first[1] + step[1] * (taps[1] - 1 - b)
            v = first[2] + step[2] * (taps[2] - 1 - c)
            start = tap * channels
            for lane in range(left):
                for o in range(channels):
                    packed[block, start + o, lane] = w[t, u, v, block * lanes + lane, o]
            for o in range(channels):
                for lane in range(left, lanes):
                    packed[block, start + o, lane] = np.float32(0)
