"""The judgement of a stamp by its own pixels: whether a camera saw this, or a defect wrote it.

Among 613 objects of 12 to 22.5 mag in the recorded field and 641 of the synthetic sky no pixel is
exactly zero, no row or column has more than 7 equal values side by side (frames keep ten binary
digits, so neighbours in a bright core can be equal), no pixel equals all eight around it, and a
quarter of a stamp scatters by 0.86 to 1.28 of the noise model. The limits lie well outside.
"""

import numpy as np

from halflight.surveys.errors import StampError

MOST_ZEROS = 0.001  # of the pixels; a subtracted sky is hardly ever exactly zero
LONGEST_RUN = 15  # equal values in a row or column
MOST_FLAT = 3  # pixels that equal all eight neighbours: the plateau of a full well, a filled block
LEAST_SCATTER, MOST_SCATTER = 0.5, 2.0  # in units of the noise model
MOST_BAD = 0.5  # of the pixels: more, and there is nothing to judge
MAD_TO_SIGMA = 1.4826  # of a Gaussian


def judge(image: np.ndarray, sigma: np.ndarray, where: str) -> None:
    """Raise `StampError`, whose reason is counted, for pixels that no camera and sky can give.

    image, sigma: (S, S), bad pixels NaN and +inf, which are not judged. where: for the message.
    """
    good = np.isfinite(image) & np.isfinite(sigma)
    if not good.mean() >= 1 - MOST_BAD:
        raise StampError("bad pixels", f"{where}: {1 - good.mean():.0%} of the pixels are bad")
    zeros = float((image[good] == 0).mean())
    if zeros > MOST_ZEROS:
        raise StampError("exact zeros", f"{where}: {zeros:.1%} of the pixels are exactly 0")
    run = max(_longest_run(image), _longest_run(image.T))
    if run > LONGEST_RUN:
        raise StampError("constant pixels", f"{where}: {run} pixels in line hold the same value")
    flat = _flat(image)
    if flat > MOST_FLAT:
        raise StampError("plateau", f"{where}: {flat} pixels equal all of their neighbours")
    for scatter in _scatter(image, sigma):
        if not LEAST_SCATTER <= scatter <= MOST_SCATTER:
            kind = "too little scatter" if scatter < LEAST_SCATTER else "too much scatter"
            raise StampError(kind, f"{where}: a quarter scatters by {scatter:.2f} of its noise")


def _longest_run(image: np.ndarray) -> int:
    """The most equal values side by side in any row (NaN equals nothing)."""
    equal = image[:, 1:] == image[:, :-1]
    if not equal.any():
        return 1
    # Every place's distance to the last unequal pair before it.
    places = np.arange(1, equal.shape[1] + 1)
    breaks = np.maximum.accumulate(np.where(equal, 0, places), axis=1)
    return 1 + int((places - breaks).max())


def _flat(image: np.ndarray) -> int:
    """How many pixels equal all eight around them."""
    rows, columns = image.shape
    centre = image[1:-1, 1:-1]
    same = np.ones(centre.shape, bool)
    for top in range(3):
        for left in range(3):
            same &= image[top : top + rows - 2, left : left + columns - 2] == centre
    return int(same.sum())


def _scatter(image: np.ndarray, sigma: np.ndarray) -> list[float]:
    """Robust scatter of the four quarters in units of the noise, of second differences along rows.

    These are blind to a smooth galaxy's gradient. A quarter that is mostly bad is left out.
    """
    ratios = (image[:, :-2] - 2 * image[:, 1:-1] + image[:, 2:]) / np.sqrt(
        sigma[:, :-2] ** 2 + 4 * sigma[:, 1:-1] ** 2 + sigma[:, 2:] ** 2
    )
    middle, centre = ratios.shape[0] // 2, ratios.shape[1] // 2
    found = []
    for rows in (slice(0, middle), slice(middle, None)):
        for columns in (slice(0, centre), slice(centre, None)):
            quarter = ratios[rows, columns]
            values = np.abs(quarter[np.isfinite(quarter)])
            if values.size > quarter.size / 2:
                found.append(MAD_TO_SIGMA * float(np.median(values)))
    return found
