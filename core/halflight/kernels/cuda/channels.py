"""Loss of whole channels; the mask is recomputed from (seed, step, index), never stored."""

import numpy as np

from ..contract import twin
from ..randomness import WHOLE_SAMPLES, dropout_bits, dropout_threshold, random_key
from ..reference import channels as reference
from .loops.pixels import each_pixel


def _kept(_, n, p, c, arrays, numbers):
    x = arrays[0]
    few, threshold, key = numbers
    kept = dropout_bits(key, WHOLE_SAMPLES + np.uint64(n)) >= few
    kept = kept or dropout_bits(key, np.uint64(n * x.shape[2] + c)) >= threshold
    return x[n, p, c] if kept else np.float32(0)


_lose = each_pixel(_kept)


@twin(reference.random_channels_forward)
def random_channels_forward(y, x, share, rate, seed, step):
    numbers = dropout_threshold(share), dropout_threshold(rate), random_key(seed, step)
    _lose(y.reshape((1, *y.shape)), (x,), numbers)


@twin(reference.random_channels_backward)
def random_channels_backward(dx, dy, share, rate, seed, step):
    random_channels_forward(dx, dy, share, rate, seed, step)
