"""Cut the middle out of a stamp without moving its centre."""

import numpy as np


def centre_crop(stamps: np.ndarray, size: int) -> np.ndarray:
    """The central (size, size) of stamps of shape (n, S, S, bands), as a view.

    Raises ValueError if `size` exceeds S or differs from it in parity, which would move the centre
    by half a pixel.
    """
    if stamps.ndim != 4 or stamps.shape[1] != stamps.shape[2]:
        raise ValueError(f"stamps must be square, (n, S, S, bands); received {stamps.shape}")
    side = stamps.shape[1]
    if not 0 < size <= side or (side - size) % 2:
        raise ValueError(
            f"a {side}-pixel stamp cannot be cropped to {size} pixels about its centre: ask for a "
            f"size of 1 to {side} that is {'odd' if side % 2 else 'even'}"
        )
    edge = (side - size) // 2
    return stamps[:, edge : side - edge, edge : side - edge]
