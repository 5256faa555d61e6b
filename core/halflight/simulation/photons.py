"""Light photon by photon: another renderer than the Fourier transforms that fits draw with too."""

from collections.abc import Iterable

import galsim
import numpy as np
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE, Exposure
from halflight.simulation.noise import add_noise
from halflight.simulation.render import pixel_position, render_sky, seen_profile
from halflight.simulation.scene import Galaxy, Psf, Scene, Star

Image = NDArray[np.float32]

# Photons that GalSim holds at once, at some 50 bytes each: a star of r = 14 sends millions.
MOST_PHOTONS = 1_000_000
_SEEDS = 2**31 - 1  # of GalSim's generator: from 1 on, as it takes 0 for "any"


def photograph(scene: Scene, size: int, rng: np.random.Generator) -> Image:
    """A noisy, sky-subtracted stamp (size, size) float32 in nmgy per pixel.

    As many electrons as an object sends in the mean, Poisson about it, leave its profile and the
    PSF's at random and are counted by the pixel that they meet. No transform, no grid and no
    integral over a pixel is taken, so that what those get wrong shows. Sky, what its subtraction
    left, and dark variance are as of `add_noise`, which gives noise of the same distribution.
    """
    everything = (*scene.own, *scene.neighbours)
    electrons = shoot(size, everything, scene.psf, scene.exposure, rng)
    sky = add_noise(render_sky(scene, size), scene.exposure, rng)
    return sky + electrons * np.float32(scene.exposure.nmgy_per_count / scene.exposure.gain)


def shoot(
    size: int,
    objects: Iterable[Galaxy | Star],
    psf: Psf,
    exposure: Exposure,
    rng: np.random.Generator,
) -> Image:
    """The electrons (size, size), whole numbers as float32, that objects leave in each pixel."""
    image = np.zeros((size, size), np.float32)
    source = galsim.BaseDeviate(int(rng.integers(1, _SEEDS)))
    for item in objects:
        profile = seen_profile(item, psf)
        profile.withFlux(item.flux * exposure.gain / exposure.nmgy_per_count).drawImage(
            image=galsim.Image(image, xmin=0, ymin=0),
            scale=PIXEL_SCALE,
            center=pixel_position(item, image.shape),
            method="phot",
            rng=source,
            poisson_flux=True,
            maxN=MOST_PHOTONS,
            add_to_image=True,
        )
    return image
