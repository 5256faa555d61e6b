"""The eight orientations of a stamp: a galaxy has no preferred one, so training sees them all."""

import numpy as np

ORIENTATIONS = 8


def orient(images: np.ndarray, orientation: int) -> np.ndarray:
    """Images (n, S, S, ...) in one of the 8 symmetries of the square, as a view.

    orientation % 4 quarter turns; 4 and above are mirrored first. Radius and axis ratio do not
    change, the PSF must be turned with the image, and a position angle would have to be.
    """
    if not 0 <= orientation < ORIENTATIONS:
        raise ValueError(f"orientation must be 0 to {ORIENTATIONS - 1}; received {orientation}")
    mirrored = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(mirrored, orientation % 4, axes=(1, 2))
