"""Windows: a frame cut into squares that share no pixel, and empty places for stamps in them."""

import numpy as np
from numpy.typing import NDArray

from halflight.surveys import Frame, SurveyError, SurveyParameterError
from halflight.surveys.empty import empty_places

_DRAWN = 100  # places of the frame that are looked at for each that is wanted


def places_in_windows(
    frame: Frame,
    count: int,
    *,
    window: int,
    size: int,
    clearance: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corners (count, 2) [row, column] of empty stamps, and the windows (count, 2) they lie in.

    Window (i, j) holds the rows i * window to (i + 1) * window - 1 and the columns of j likewise;
    what is left of the frame beyond the last whole window is in none. A stamp (size, size) lies in
    one window wholly, so that stamps of two windows share no pixel of the sky. The windows that
    have an empty place (see `empty_places`) hold the same number of stamps, to one, in their order.
    Stamps of one window overlap; where it has fewer places than stamps, some share one.
    clearance [pixels]: as of `empty_places`.

    Raises:
        SurveyParameterError: the window is smaller than a stamp.
        SurveyError: no window has an empty place.
    """
    if window < size:
        raise SurveyParameterError(
            f"a window of {window} pixels holds no stamp of {size}: make it larger"
        )
    drawn = empty_places(frame, _DRAWN * count, size=size, clearance=clearance, rng=rng)
    number = drawn // window
    whole = np.array(frame.image.shape) // window
    within = ((drawn + size - 1) // window == number) & (number < whole)
    places = np.unique(drawn[within.all(axis=1)], axis=0)
    if len(places) == 0:
        raise SurveyError(
            f"{frame.name}: no window of {window} pixels has an empty place for a stamp of {size}: "
            "lower the clearance, or make windows larger"
        )
    places = places[rng.permutation(len(places))]
    used, inverse = np.unique(places // window, axis=0, return_inverse=True)
    shares = np.array_split(np.arange(count), len(used))
    corners = np.concatenate(
        [
            np.resize(places[inverse.ravel() == number], (len(share), 2))
            for number, share in enumerate(shares)
        ]
    )
    return corners, np.repeat(used, [len(share) for share in shares], axis=0)
