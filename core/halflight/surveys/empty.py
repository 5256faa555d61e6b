"""Empty places of a frame: where nothing is detected, and all else is as the sky is."""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from halflight.surveys.errors import SurveyError
from halflight.surveys.frames import Frame

SMOOTHING_PIXELS = 1.5  # standard deviation of the Gaussian: about the PSF's
THRESHOLD = 2.5  # of the smoothed image's noise: what is fainter is sky to any later eye


def empty_places(
    frame: Frame, count: int, *, size: int, clearance: float, rng: np.random.Generator
) -> np.ndarray:
    """Corners (count, 2) [row, column] of stamps (size, size) whose middle shows no source.

    Drawn evenly from all pixels that lie at least `clearance` pixels from any source or bad pixel;
    stamps may overlap, and further out they hold whatever the frame holds. A source is a pixel
    above 2.5 sigma of the frame smoothed with a Gaussian of 1.5 pixels, whose noise is measured on
    the smoothed frame itself: it also knows the noise's correlation.
    Raises SurveyError where no pixel is that empty.
    """
    bad = ~(np.isfinite(frame.image) & np.isfinite(frame.sigma))
    ratio = np.divide(frame.image, frame.sigma, out=np.zeros_like(frame.image), where=~bad)
    smooth = gaussian_filter(ratio, SMOOTHING_PIXELS)
    noise = 1.4826 * np.median(np.abs(smooth - np.median(smooth)))
    free = distance_transform_edt(~(bad | (smooth > THRESHOLD * noise))) >= clearance
    rows, columns = free.shape
    middle = size // 2
    free[:middle] = free[rows - middle :] = False
    free[:, :middle] = free[:, columns - middle :] = False
    places = np.argwhere(free)
    if len(places) == 0:
        raise SurveyError(
            f"{frame.name}: no pixel lies {clearance} pixels from every source and bad pixel: "
            "lower the clearance"
        )
    return np.asarray(places[rng.integers(len(places), size=count)] - middle)
