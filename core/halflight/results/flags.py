"""Flags of results: how often each is set, and which are the row's own, not its image's."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.quality import FLAGS

OF_THE_IMAGE = sum(
    FLAGS[name]
    for name in (
        "noise_measured",
        "no_zero_point",
        "zero_point_doubtful",
        "no_pixel_scale",
        "no_orientation",
        "psf_doubtful",
    )
)
"""What is held against every source of an image alike."""


def counted(rows: pd.DataFrame) -> Iterator[tuple[str, int, int]]:
    """Name, bit and number of rows of each flag that is set, in the order of the bits."""
    flags = rows["flags"].to_numpy(np.int64)
    for name, bit in FLAGS.items():
        if count := int(np.count_nonzero(flags & bit)):
            yield name, bit, count


def own_flags(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Each row's flags, without those that its image has throughout."""
    return rows["flags"].to_numpy(np.int64) & ~np.int64(OF_THE_IMAGE)
