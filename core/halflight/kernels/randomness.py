"""Random numbers that are a function of (seed, step, index) alone, the same in every back end.

Counter-based: no state is kept and none is shared, so the numbers do not depend on the order or
the number of threads, and a backward pass finds those of its forward pass again.
"""

import math
from typing import Any

import numpy as np

from .elementary import cos_of_turns, log_of_normal

Bits = Any  # np.uint64, or an array of it
Number = Any  # a scalar of the back end's FLOAT

# SplitMix64 (Steele, Lea & Flood 2014, fig. 19): its increment and its mixing function.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)
_40, _16 = np.uint64(40), np.uint64(16)
_1, _LOW_24 = np.uint64(1), np.uint64((1 << 24) - 1)
_32, _LOW_32 = np.uint64(32), np.uint64((1 << 32) - 1)
_MASK = (1 << 64) - 1
WHOLE_SAMPLES = np.uint64(1 << 40)
"""Where the indices of samples begin, beyond those of any element."""
_TO_UNIT = np.float32(2.0**-24)
_MINUS_TWO = np.float32(-2)


def random_word(key: np.uint64, index: Bits) -> Bits:
    """64 random bits for the element `index` (C order) of one call of a kernel.

    Output number `index` of a SplitMix64 generator started at `key`. Takes uint64 scalars
    (compiled) or arrays (NumPy).
    """
    z = key + (index + _1) * GOLDEN
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


def random_key(seed: int, step: int) -> np.uint64:
    """The start of the generator of one call: a SplitMix64 mix of seed, then of step."""
    key = 0
    for word in (seed, step):
        key = (key ^ int(word)) + int(GOLDEN) & _MASK
        key = (key ^ (key >> 30)) * int(_MIX_1) & _MASK
        key = (key ^ (key >> 27)) * int(_MIX_2) & _MASK
        key ^= key >> 31
    return np.uint64(key)


def dropout_bits(key: np.uint64, index: Bits) -> Bits:
    """The 24 bits that decide on an element: below `dropout_threshold(rate)` it is dropped."""
    return random_word(key, index) >> _40


def dropout_threshold(rate: float) -> np.uint64:
    """The 24-bit number below which an element is dropped, for 0 <= rate < 1."""
    return np.uint64(round(rate * (1 << 24)))


def random_below(word: Bits, first: np.uint64, second: np.uint64) -> tuple[Bits, Bits]:
    """Two independent integers of one word, from 0 to below `first` and to below `second`.

    Each is a multiple of 2^-32 times its bound, rounded down (Lemire 2019, section 4, without his
    rejection): a value's chance errs by 2^-32 at most. Bounds must not exceed 2^32.
    """
    return ((word >> _32) * first) >> _32, ((word & _LOW_32) * second) >> _32


def uniform_bits(word: Bits) -> tuple[Bits, Bits]:
    """Two independent 24-bit numbers of one word, the first from 1 to 2^24, the second from 0."""
    return (word >> _40) + _1, (word >> _16) & _LOW_24


def standard_normal(word: Bits) -> Number:
    """A normal float32 of mean 0 and deviation 1 from 64 random bits (Box & Muller 1958).

    sqrt(-2 ln u) cos(2 pi v), with u in (0, 1] and v in [0, 1) multiples of 2^-24; its magnitude is
    at most 5.77.
    """
    first, second = uniform_bits(word)
    u, v = np.float32(first) * _TO_UNIT, np.float32(second) * _TO_UNIT
    return math.sqrt(_MINUS_TWO * log_of_normal(u)) * cos_of_turns(v)
