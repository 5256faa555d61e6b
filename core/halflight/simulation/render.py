"""Draw noiseless light: one stamp of a scene, or a whole frame of objects."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import galsim
import numpy as np
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE
from halflight.simulation.profiles import (
    FAST_GSPARAMS,
    component_extent,
    galaxy_gsparams,
    galaxy_profile,
)
from halflight.simulation.psf import psf_extent, psf_profile
from halflight.simulation.scene import Galaxy, Psf, Scene, Star

Image = NDArray[np.float32]

# Objects are drawn out to this surface brightness (nmgy per pixel), a thirtieth of the r-band
# noise of a pixel (0.029).
SURFACE_BRIGHTNESS_FLOOR = 1e-3
# In a frame the PSF is taken at the centre of its cell of this many pixels.
PSF_CELL_PIXELS = 128


class RenderError(RuntimeError):
    """An object could not be drawn; the message names it."""


def render_scene(scene: Scene, size: int) -> Image:
    """A noiseless stamp (size, size) float32 in nmgy per pixel: objects, sky residual, gradient.

    Raises RenderError, naming the object, when its FFT would exceed GalSim's limit.
    """
    image = render_objects(size, scene.own, scene.psf, whole=True)
    image += render_objects(size, scene.neighbours, scene.psf)
    image += render_sky(scene, size)
    return image


def render_objects(
    size: int, objects: Iterable[Galaxy | Star], psf: Psf, *, whole: bool = False
) -> Image:
    """Objects under one PSF on a stamp (size, size) float32 in nmgy per pixel, without any sky.

    Each is drawn out to `SURFACE_BRIGHTNESS_FLOOR`, or over the whole stamp if `whole`.
    Raises RenderError, naming the object, when its FFT would exceed GalSim's limit.
    """
    image = np.zeros((size, size), dtype=np.float32)
    for item in objects:
        _add_object(image, item, psf, 0.0 if whole else SURFACE_BRIGHTNESS_FLOOR)
    return image


def render_sky(scene: Scene, size: int) -> Image:
    """The sky residual's level and gradient over a stamp (size, size) float32, nmgy per pixel."""
    offset = np.arange(size) - (size - 1) / 2
    along_x, along_y = scene.sky_gradient
    plane = scene.sky_level + along_x * offset[None, :] + along_y * offset[:, None]
    return np.asarray(plane, dtype=np.float32)


def render_field(
    shape: tuple[int, int],
    objects: Iterable[Galaxy | Star],
    psf_at: Callable[[float, float], Psf],
    *,
    floor: float = SURFACE_BRIGHTNESS_FLOOR,
) -> Image:
    """A noiseless frame of `shape` (rows, columns) float32 in nmgy per pixel, without sky.

    Object positions are arcsec from the frame's centre, as in a stamp. `psf_at(x, y)` gives the
    PSF at a 0-based pixel position (column, row); it is asked once per cell of `PSF_CELL_PIXELS`,
    at the cell's centre. Objects are drawn out to `floor` (nmgy per pixel); those beyond the edge
    add the light that reaches the frame.
    Raises RenderError, naming the object, when its FFT would exceed GalSim's limit.
    """
    image = np.zeros(shape, dtype=np.float32)
    psfs: dict[tuple[int, int], Psf] = {}
    for item in objects:
        column, row = pixel_position(item, shape)
        cell = (int(column // PSF_CELL_PIXELS), int(row // PSF_CELL_PIXELS))
        if cell not in psfs:
            x, y = ((index + 0.5) * PSF_CELL_PIXELS - 0.5 for index in cell)
            psfs[cell] = psf_at(x, y)
        _add_object(image, item, psfs[cell], floor)
    return image


def pixel_position(item: Galaxy | Star, shape: tuple[int, int]) -> tuple[float, float]:
    """0-based (column, row) of an object whose x and y are arcsec from the image's centre."""
    rows, columns = shape
    return (
        item.x / PIXEL_SCALE + (columns - 1) / 2,
        item.y / PIXEL_SCALE + (rows - 1) / 2,
    )


def light_radius(item: Galaxy | Star, psf: Psf, floor: float) -> float:
    """Radius (arcsec) beyond which an object, seen through `psf`, is fainter than `floor` nmgy/px.

    Far out the image is the sum of the galaxy's own light and of its whole flux in the PSF's
    wings; each, and each component, is followed to its share of the floor.
    """
    components = item.components if isinstance(item, Galaxy) else ()
    brightness = floor / PIXEL_SCALE**2 / (len(components) + 1)
    radii = [component_extent(component, brightness) for component in components]
    return max([psf_extent(psf, item.flux, brightness), *radii]) + 2 * psf.width


def seen_profile(
    item: Galaxy | Star, psf: Psf, gsparams: galsim.GSParams | None = None
) -> galsim.GSObject:
    """GalSim's profile of an object seen through `psf`, at the origin, before the pixel response.

    Without `gsparams`, with the fast ones that suit the object.
    """
    if isinstance(item, Star):
        return psf_profile(psf, gsparams or FAST_GSPARAMS).withFlux(item.flux)
    chosen = gsparams or galaxy_gsparams(item)
    return galsim.Convolve(galaxy_profile(item, chosen), psf_profile(psf, chosen), gsparams=chosen)


def _add_object(image: Image, item: Galaxy | Star, psf: Psf, floor: float) -> None:
    """Add an object's light to the image, on the smallest box that holds it down to a floor."""
    rows, columns = image.shape
    x, y = pixel_position(item, image.shape)
    reach = light_radius(item, psf, floor) / PIXEL_SCALE if floor else np.inf
    left, right = max(x - reach, 0), min(x + reach, columns - 1)
    bottom, top = max(y - reach, 0), min(y + reach, rows - 1)
    if left > right or bottom > top:
        return
    box = galsim.BoundsI(int(left), int(np.ceil(right)), int(bottom), int(np.ceil(top)))
    canvas = galsim.Image(image, xmin=0, ymin=0)[box]  # a view: GalSim adds in place
    drawn_within_limit(
        item, seen_profile(item, psf), image=canvas, center=(x, y), add_to_image=True
    )


def drawn_within_limit(item: Galaxy | Star, profile: galsim.GSObject, **options: Any) -> None:
    """Draw an object's profile with `drawImage`'s options.

    Raises RenderError, naming the object, when its FFT would exceed GalSim's limit: by default
    GalSim only warns before it fills the memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", galsim.GalSimFFTSizeWarning)
            profile.drawImage(scale=PIXEL_SCALE, **options)
    except (galsim.GalSimFFTSizeWarning, galsim.GalSimFFTSizeError) as error:
        raise RenderError(
            f"{item} needs an FFT of {error.size} pixels a side, above the limit of "
            f"{profile.gsparams.maximum_fft_size}: make it smaller or its Sersic index lower"
        ) from error
