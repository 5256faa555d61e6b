"""A field from arrays in memory, for those who have read their image themselves."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.images.background import Background
from halflight.images.coordinates import SkyMap, centre_scale
from halflight.images.errors import ImageError
from halflight.images.field import Field, Pixels, finished
from halflight.images.options import Options
from halflight.instrument import Instrument
from halflight.quality import FLAGS


def field_of_arrays(
    image: NDArray[Any],
    sigma: NDArray[Any] | None = None,
    mask: NDArray[Any] | None = None,
    *,
    wcs: Any = None,
    options: Options | None = None,
) -> Field:
    """A field of an image (rows, columns) of any byte order, with its sigma and mask (not 0: bad).

    What the header would say comes from `options`: unit, zero point, pixel scale, gain. wcs: an
    astropy WCS. NaN or a NumPy mask marks a bad pixel.

    Raises:
        ImageError: the shapes differ, or nothing is usable.
    """
    options = options or Options()
    shape = np.shape(image)
    if len(shape) != 2:
        raise ImageError(f"an image has two axes, received {shape}")
    for name, array in (("sigma", sigma), ("mask", mask)):
        if array is not None and np.shape(array) != shape:
            raise ImageError(f"{name} has {np.shape(array)} pixels, the image {shape}")

    def plain(array: NDArray[Any]) -> NDArray[np.float32]:
        return np.ma.filled(np.ma.asarray(array, np.float32), np.nan)

    def raw(rows: slice, columns: slice) -> Pixels:
        pixels = plain(image[rows, columns]).copy()
        noise = np.ones_like(pixels) if sigma is None else plain(sigma[rows, columns]).copy()
        bad = ~(np.isfinite(pixels) & np.isfinite(noise) & (noise > 0))
        saturated = np.zeros(pixels.shape, bool)
        if options.saturation is not None:
            with np.errstate(invalid="ignore"):
                saturated = pixels >= options.saturation
        if mask is not None:
            bad |= np.ma.filled(mask[rows, columns], 1) != 0
        bad |= saturated
        pixels[bad], noise[bad] = np.nan, np.inf
        return Pixels(pixels, noise, saturated)

    sky = None if wcs is None else SkyMap(wcs.celestial)
    scale = options.pixel_scale
    if scale is None and sky is not None:
        scale = centre_scale(sky, (shape[0], shape[1]))
    zero_point = options.zero_point
    instrument = Instrument(
        "arrays",
        1.0 if scale is None else scale,
        (options.band or "unknown band",),
        options.unit or "count",
        0.0 if zero_point is None else zero_point,
    )
    return finished(
        Field(
            Path("arrays"),
            (shape[0], shape[1]),
            raw,
            instrument,
            zero_point,
            scale,
            sky,
            options.gain,
            options.saturation,
            Background(np.zeros((1, 1)), np.ones((1, 1)), 1),
            options.background,
            sigma is None,
            options.read_noise or 0.0,
            FLAGS["no_orientation"] if sky is None else 0,
        )
    )
