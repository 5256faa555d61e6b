"""Loss of whole channels, as of bands that were never observed; nothing is scaled in return.

The mask is a hash of (seed, step, sample and channel), as in dropout.py.

In the laws: n samples, p positions, c channels.
"""

import numpy as np

from ..contract import kernel
from ..randomness import WHOLE_SAMPLES, dropout_bits, dropout_threshold, random_key
from .arrays import Array


def _lose(y: Array, x: Array, share: float, rate: float, seed: int, step: int) -> None:
    samples, _, channels = x.shape
    key = random_key(seed, step)
    of_sample = dropout_bits(key, WHOLE_SAMPLES + np.arange(samples, dtype=np.uint64))
    index = np.arange(samples * channels, dtype=np.uint64).reshape(samples, channels)
    lost = dropout_bits(key, index) < dropout_threshold(rate)
    lost &= (of_sample < dropout_threshold(share))[:, np.newaxis]
    y[...] = np.where(lost[:, np.newaxis], 0.0, x)


@kernel(y="n p c", x="n p c")
def random_channels_forward(
    y: Array, x: Array, share: float, rate: float, seed: int, step: int
) -> None:
    """y = x, but in a `share` of the samples each channel is 0 with probability `rate`."""
    _lose(y, x, share, rate, seed, step)


@kernel(dx="n p c", dy="n p c")
def random_channels_backward(
    dx: Array, dy: Array, share: float, rate: float, seed: int, step: int
) -> None:
    """dx = dy through the mask of the random_channels_forward with the same numbers."""
    _lose(dx, dy, share, rate, seed, step)
