"""Loss of whole channels; the mask is recomputed from (seed, step, index), never stored."""

import numpy as np
from numba import prange

from .. import randomness
from ..contract import twin
from ..reference import channels as reference
from .machine.compiler import compiled

_dropout_bits = compiled()(randomness.dropout_bits)
_WHOLE_SAMPLES = randomness.WHOLE_SAMPLES


@compiled(parallel=True)
def _lose(y, x, few, threshold, key):
    samples, positions, channels = x.shape
    for i in prange(samples):
        whole = _dropout_bits(key, _WHOLE_SAMPLES + np.uint64(i)) >= few
        for c in range(channels):
            kept = whole or _dropout_bits(key, np.uint64(i * channels + c)) >= threshold
            for p in range(positions):
                y[i, p, c] = x[i, p, c] if kept else np.float32(0)


@twin(reference.random_channels_forward)
def random_channels_forward(y, x, share, rate, seed, step):
    few, threshold = randomness.dropout_threshold(share), randomness.dropout_threshold(rate)
    _lose(y, x, few, threshold, randomness.random_key(seed, step))


@twin(reference.random_channels_backward)
def random_channels_backward(dx, dy, share, rate, seed, step):
    random_channels_forward(dx, dy, share, rate, seed, step)
