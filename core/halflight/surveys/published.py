"""Published stamps with spectroscopic classes, to be judged on and never learnt from.

Kim & Brunner 2017, MNRAS 464, 4463: five bands of 48 x 48 pixels on the r band's grid, as asinh
magnitudes, with the class of a spectrum. Their files hold no PSF, no noise and no position.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import BANDS, flux_of_luptitude
from halflight.surveys.errors import SurveyError

IMAGES, LABELS = "sdss_test_images.npy", "sdss_test_labels.npy"
SIDE = 48  # pixels
LARGEST_FILE = 1 << 28  # bytes: 5,000 stamps of theirs
CLASSES = {1.0: 1.0, -1.0: 0.0}  # of their labels: +1 a star, -1 a galaxy
FAINTEST, BRIGHTEST = 40.0, -10.0  # luptitudes of a pixel, generously


class Published(NamedTuple):
    """luptitudes and image [nmgy], (n, 48, 48, 5), bands u g r i z; is_star (n,), 1 or 0."""

    luptitudes: NDArray[np.float32]
    image: NDArray[np.float32]
    is_star: NDArray[np.float64]


def read_published(folder: Path) -> Published:
    """Read the stamps and labels of a folder.

    Raises:
        SurveyError: a file is missing, too large, no array, or holds what stamps and classes
            cannot.
    """
    stamps, labels = _read(folder / IMAGES), _read(folder / LABELS)
    want = (len(labels), len(BANDS), SIDE, SIDE)
    if labels.ndim != 1 or len(labels) == 0 or stamps.shape != want:
        raise SurveyError(
            f"{folder}: {IMAGES} must hold (n, {len(BANDS)}, {SIDE}, {SIDE}) and {LABELS} (n,), "
            f"received {stamps.shape} and {labels.shape}"
        )
    if strangers := sorted(set(labels.tolist()) - set(CLASSES), key=str):
        raise SurveyError(f"{folder / LABELS}: a class is +1 or -1, received {strangers[0]!r}")
    if not ((stamps < FAINTEST) & (stamps > BRIGHTEST)).all():
        raise SurveyError(
            f"{folder / IMAGES}: not every value is an asinh magnitude in "
            f"({BRIGHTEST:g}, {FAINTEST:g})"
        )
    luptitudes = np.ascontiguousarray(stamps.transpose(0, 2, 3, 1), dtype=np.float32)
    image = np.empty_like(luptitudes)
    for number, band in enumerate(BANDS):
        image[..., number] = flux_of_luptitude(luptitudes[..., number].astype(np.float64), band)
    return Published(luptitudes, image, np.array([CLASSES[label] for label in labels.tolist()]))


def _read(path: Path) -> NDArray[np.floating]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"it has more than {LARGEST_FILE >> 20} MiB")
        array = np.load(path, allow_pickle=False)
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            raise ValueError("it holds no real numbers")
    except (OSError, ValueError, EOFError) as error:
        raise SurveyError(f"{path}: cannot be read as a published array: {error}") from error
    return array
