"""Native byte order, and bad pixels told from good ones."""

import numpy as np


def clean_stamps(image: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace bad pixels by the sky and say how many there were.

    Parameters
    ----------
    image, sigma : (n, S, S) arrays, nanomaggies, any byte order
        A pixel is bad where the image or its sigma is not finite or sigma is not positive. Both
        are sky-subtracted, so the sky is 0.

    Returns
    -------
    (n, S, S) float32 image without bad pixels, and the (n,) float32 fraction of bad pixels.
    """
    if image.shape != sigma.shape or image.ndim != 3:
        raise ValueError(
            f"image and sigma must share one shape (n, S, S); received {image.shape}, {sigma.shape}"
        )
    native = image.astype(np.float32)
    bad = ~(np.isfinite(native) & np.isfinite(sigma) & (np.asarray(sigma) > 0))
    native[bad] = 0.0
    return native, bad.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)
