"""Stamps in colour: g, r and i as blue, green and red, alike for faint and bright."""

import numpy as np
from numpy.typing import NDArray

RED_GREEN_BLUE = (3, 2, 1)  # i, r, g of u g r i z
# Of the three, so that a source of typical colours is white; and of the arcsinh.
GAINS = (0.8, 1.0, 1.6)
SOFTENING, BRIGHTNESS = 0.05, 0.22  # nanomaggies; of an arcsinh of 1


def in_colour(image: NDArray[np.floating]) -> NDArray[np.float64]:
    """An image (S, S, 5) of nanomaggies as red, green and blue (S, S, 3), 0 to 1.

    The arcsinh of the mean scales all three alike, so that a bright source keeps its colour (Lupton
    et al. 2004, PASP 116, 133). A band that is missing is black.
    """
    parts = np.nan_to_num(np.asarray(image, np.float64)[..., RED_GREEN_BLUE]) * GAINS
    mean = np.clip(parts.mean(axis=-1), 1e-9, None)[..., np.newaxis]
    shown = parts * (BRIGHTNESS * np.arcsinh(mean / SOFTENING) / mean)
    largest = np.clip(shown.max(axis=-1, keepdims=True), 1.0, None)
    return np.asarray(np.clip(shown / largest, 0.0, 1.0))
