"""The check that catalogue positions lie on the light: a shifted frame must not pass unseen."""

import numpy as np

from halflight.instrument import PIXEL_SCALE, flux_of
from halflight.surveys.errors import CentroidError

WINDOW_SIGMA = 2.0  # pixels; about the width of the PSF core, so that neighbours weigh little
ITERATIONS = 20
LOST = 8.0  # pixels; light farther away than this, or not there at all, counts as this far
BRIGHT_SIGNAL_TO_NOISE = 200.0  # of a point source in the window; r = 19.2 in an average frame
FEWEST_OBJECTS = 5  # a median of fewer proves nothing
LARGEST_MEDIAN = 1.0  # pixels
# Of the light at a bright object's place, which would have 200 were it a point; of 471 honest ones
# the least, a wide and faint galaxy, has 11.
FAINTEST_SIGNAL_TO_NOISE = 5.0


def is_bright(magnitude: float, sigma: np.ndarray) -> bool:
    """Whether an object of this catalogue magnitude has a centroid worth measuring.

    Decided from the catalogue and the noise alone: were it decided from the light, a frame whose
    light lies elsewhere would have no bright object and pass.
    """
    flux = flux_of(magnitude)
    noise = float(np.median(sigma)) * np.sqrt(np.pi) * WINDOW_SIGMA
    return bool(flux > BRIGHT_SIGNAL_TO_NOISE * noise)


def has_light(image: np.ndarray, sigma: np.ndarray, x: float, y: float) -> bool:
    """Whether a stamp holds light, beyond noise, at a position [arcsec] from its centre.

    image, sigma: (S, S) [nmgy], bad pixels NaN and +inf.
    """
    centre = (image.shape[0] - 1) / 2
    pixels = np.arange(image.shape[0])
    dx, dy = (pixels - centre - offset / PIXEL_SCALE for offset in (x, y))
    window = np.exp(-0.5 * (dy[:, None] ** 2 + dx[None, :] ** 2) / WINDOW_SIGMA**2)
    good = np.isfinite(image) & np.isfinite(sigma)
    noise = np.sqrt(np.sum((window * sigma)[good].astype(np.float64) ** 2))
    light = np.sum((window * image)[good], dtype=np.float64)
    return bool(light > FAINTEST_SIGNAL_TO_NOISE * noise)


def centroid_offset(image: np.ndarray, x: float, y: float) -> float:
    """Offset [pixels, at most LOST] of the light in a stamp from a position in it.

    image: (S, S) [nmgy], bad pixels NaN. x, y: the position [arcsec] from the stamp's centre. The
    centroid is SExtractor's windowed one (Bertin & Arnouts 1996, A&AS 117, 393; XWIN_IMAGE):
    x <- x + 2 sum w f (x_i - x) / sum w f, with a Gaussian window w.
    """
    centre = (image.shape[0] - 1) / 2
    start = np.array([centre + x / PIXEL_SCALE, centre + y / PIXEL_SCALE])
    at = start.copy()
    flux = np.nan_to_num(image, nan=0.0).astype(np.float64)
    pixels = np.arange(image.shape[0])
    for _ in range(ITERATIONS):
        dx, dy = pixels - at[0], pixels - at[1]
        window = np.exp(-0.5 * (dy[:, None] ** 2 + dx[None, :] ** 2) / WINDOW_SIGMA**2)
        light = window * flux
        total = light.sum()
        if not total > 0:
            return LOST
        at += 2.0 * np.array([light.sum(axis=0) @ dx, light.sum(axis=1) @ dy]) / total
        if not np.hypot(*(at - start)) < LOST:
            return LOST
    return float(np.hypot(*(at - start)))


def summarise_offsets(offsets: list[float]) -> dict[str, float | int | None]:
    """Median, 90th percentile [pixels] and number of the measured offsets (None without any)."""
    if not offsets:
        return {"median": None, "p90": None, "count": 0}
    median, p90 = np.percentile(offsets, [50, 90])
    return {"median": round(float(median), 4), "p90": round(float(p90), 4), "count": len(offsets)}


def check_offsets(name: str, offsets: list[float]) -> None:
    """Raise `CentroidError`, naming the frame, if its bright objects are off by over a pixel."""
    if len(offsets) < FEWEST_OBJECTS:
        return
    median = float(np.median(offsets))
    if median > LARGEST_MEDIAN:
        raise CentroidError(
            f"frame {name}: the light of {len(offsets)} bright objects lies {median:.2f} pixels "
            f"(median) from their catalogue positions, where at most {LARGEST_MEDIAN} is credible. "
            "The frame's world coordinates are wrong, or it is not the frame of this catalogue."
        )
