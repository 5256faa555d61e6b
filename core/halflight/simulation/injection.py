"""Put a synthetic galaxy of known half-light radius into a real image."""

import galsim
import numpy as np
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE, Exposure
from halflight.simulation.profiles import galaxy_gsparams, galaxy_profile
from halflight.simulation.render import drawn_within_limit, pixel_position
from halflight.simulation.scene import Galaxy

Image = NDArray[np.float32]

# Nearly that of a band-limited function: stamps under SDSS's seeing differ from exactly convolved
# ones by 5e-4 of the peak at most, where GalSim's own choice, a quintic, is wrong by 7e-3.
INTERPOLANT = "lanczos15"


def inject_galaxy(
    galaxy: Galaxy,
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    exposure: Exposure,
    rng: np.random.Generator,
) -> tuple[Image, Image]:
    """The image and its noise as the camera would have given them with the galaxy in the sky.

    image, sigma: (S, S) in nmgy, with all that is there: noise, sources, artefacts; bad pixels, NaN
    in image, stay bad. psf: (P, P), P odd, pixel response included, sum 1, centred. exposure: at
    this place of the image. The galaxy's position is arcsec from the image's centre.

    The galaxy brings photon noise of its own, Poisson in electrons; the sky's is there. The new
    sigma is what the survey would quote, computed from the noisy image: sigma^2 grows by
    calib light / gain (SDSS DR17, data model of the frame files).
    Raises RenderError when the galaxy's FFT would exceed GalSim's limit.
    """
    light = render_through(galaxy, psf, len(image))
    electrons = np.maximum(light, 0.0) * (exposure.gain / exposure.nmgy_per_count)
    seen = rng.poisson(electrons) * (exposure.nmgy_per_count / exposure.gain)
    added = np.where(light > 0.0, seen, light)
    variance = np.square(sigma, dtype=np.float64) + added * exposure.nmgy_per_count / exposure.gain
    least = (exposure.nmgy_per_count**2) * exposure.dark_variance
    return (
        np.asarray(image + added, np.float32),
        np.sqrt(np.maximum(variance, least)).astype(np.float32),
    )


def render_through(galaxy: Galaxy, psf: NDArray[np.floating], size: int) -> Image:
    """A galaxy seen through the stamp of a PSF, (size, size) float32 in nmgy per pixel.

    The PSF holds the pixel response, so that the convolved light is sampled, not integrated again.
    """
    gsparams = galaxy_gsparams(galaxy)
    kernel = galsim.InterpolatedImage(
        galsim.Image(np.asarray(psf, np.float64), scale=PIXEL_SCALE),
        x_interpolant=INTERPOLANT,
        flux=1.0,
        gsparams=gsparams,
    )
    profile = galsim.Convolve(galaxy_profile(galaxy, gsparams), kernel, gsparams=gsparams)
    image = np.zeros((size, size), np.float32)
    drawn_within_limit(
        galaxy,
        profile,
        image=galsim.Image(image, xmin=0, ymin=0),
        center=pixel_position(galaxy, image.shape),
        method="no_pixel",
    )
    return image
