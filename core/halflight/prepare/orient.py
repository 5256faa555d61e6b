"""The views of a stamp that mean the same: its eight orientations, each moved by a pixel or not."""

import numpy as np

ORIENTATIONS = 8
# (down, right): what an eightfold view is moved by. A stamp's centre is known to a pixel at best.
SHIFTS = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1))
VIEWS = ORIENTATIONS * len(SHIFTS)
"""As many as Kim & Brunner 2017 (MNRAS 464, 4463) average."""


def orient(images: np.ndarray, orientation: int) -> np.ndarray:
    """Images (n, S, S, ...) in one of the 8 symmetries of the square, as a view.

    orientation % 4 quarter turns; 4 and above are mirrored first. Radius and axis ratio do not
    change, the PSF must be turned with the image, and a position angle would have to be.
    """
    if not 0 <= orientation < ORIENTATIONS:
        raise ValueError(f"orientation must be 0 to {ORIENTATIONS - 1}; received {orientation}")
    mirrored = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(mirrored, orientation % 4, axes=(1, 2))


def view(images: np.ndarray, number: int, *, moved: bool = True) -> np.ndarray:
    """Images (n, S, S, ...) in one of the 64 views: an orientation of 8, moved by one of SHIFTS.

    Zeros enter where they are moved: the sky of a prepared stamp. A PSF turns with its image but
    is not `moved`: it says how light spreads, not where it is.
    """
    if not 0 <= number < VIEWS:
        raise ValueError(f"view must be 0 to {VIEWS - 1}; received {number}")
    turned = orient(images, number % ORIENTATIONS)
    down, right = SHIFTS[number // ORIENTATIONS]
    if not moved or (down, right) == (0, 0):
        return turned
    side = turned.shape[1]
    shifted = np.zeros_like(turned)
    to = tuple(slice(max(s, 0), side + min(s, 0)) for s in (down, right))
    of = tuple(slice(max(-s, 0), side + min(-s, 0)) for s in (down, right))
    shifted[:, to[0], to[1]] = turned[:, of[0], of[1]]
    return shifted
