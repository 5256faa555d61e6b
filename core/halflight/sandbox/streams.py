"""Independent random streams: one for every purpose and place, whatever is asked for first."""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for; the values are part of the synthetic sky's identity."""

    LAYOUT = 1
    SOURCES = 2
    SEEING = 3
    EXPOSURE = 4
    SKY = 5
    NOISE = 6
    DEFECTS = 7
    CATALOGUE = 8
    PSF_SUM = 9
    COLOURS = 10
    EXTRAS = 11
    SPECTRA = 12
    BRIGHT = 13


def stream(seed: int, purpose: Purpose, *place: int) -> np.random.Generator:
    """The generator of one purpose at one place (small numbers: strip, field, band...).

    Counter-based (Philox; Salmon et al. 2011): streams with different keys do not overlap.
    """
    index = 0
    for number in place:
        index = index << 12 | number
    return np.random.Generator(np.random.Philox(key=[seed, int(purpose) << 48 | index]))
