"""Native byte order, and bad pixels told from good ones."""

import numpy as np


def clean_stamps(image: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Replace bad pixels by the sky and say how many there were.

    Parameters
    ----------
    image, sigma : (n, S, S, bands) arrays of one unit, any byte order
        A pixel is bad where the image or its sigma is not finite, sigma is not positive, or either
        is masked (`numpy.ma`). Images are sky-subtracted, so the sky is 0.

    Returns
    -------
    (n, S, S, bands) float32 image without bad pixels, (n, S, S, bands) which pixels are usable, and
    the (n,) float32 fraction of bad pixels, the largest of any band.
    """
    if image.shape != sigma.shape or image.ndim != 4:
        raise ValueError(
            "image and sigma must share one shape (n, S, S, bands); received "
            f"{image.shape}, {sigma.shape}"
        )
    masked = np.ma.getmaskarray(image) | np.ma.getmaskarray(sigma)
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and so bad
        native = np.ma.getdata(image).astype(np.float32)
    noise = np.ma.getdata(sigma)
    bad = masked | ~(np.isfinite(native) & np.isfinite(noise) & (noise > 0))
    native[bad] = 0.0
    fraction = bad.mean(axis=(1, 2), dtype=np.float64).max(axis=-1)
    return native, ~bad, fraction.astype(np.float32)
