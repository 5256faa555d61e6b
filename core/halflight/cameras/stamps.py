"""Simulated galaxies as a camera sees them: through its PSFs, in its pixels, under its noise."""

import math
from collections.abc import Generator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.cameras.camera import Camera
from halflight.cameras.population import Units, population_of
from halflight.half_light import half_light_ellipse
from halflight.images.resampling import resampled
from halflight.instrument import PIXEL_SCALE
from halflight.psf import placed, psf_half_light_radius
from halflight.simulation import Galaxy, Scene, SimulationError, Star, draw_scene, render_through
from halflight.simulation.render import render_sky
from halflight.workers import in_order

Image = NDArray[np.float32]
Block = tuple[pd.DataFrame, Image, Image, Image]
# Of ln PSF widths about those of the image: its other exposures, and what is not known of its own.
SPREAD, MOST_SPREAD = 0.1, 0.2
_CHUNK = 20  # stamps a task: fixed, so that the split does not depend on the number of processes
_SCENE, _NOISE = 0, 1  # streams of random numbers


def simulate(
    camera: Camera, count: int, *, seed: int, size: int, processes: int = 1
) -> Generator[Block, None, None]:
    """Blocks of (table, image, sigma, psf) of `count` galaxies of known truth, by their number.

    image and sigma are (n, size, size, 1), psf (n, P, P, 1), float32 in the camera's unit. The
    table has id, binning, magnitude (AB), half_light_radius (arcsec, semi-major, before the PSF),
    axis_ratio, position_angle (radians), x, y (pixels from the centre), psf_half_light_radius
    (pixels). Its bytes do not depend on `processes`.

    Raises:
        SimulationError: a galaxy cannot be drawn; the message names it.
        WorkerError: a process died.
    """
    chunks = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    return in_order(
        partial(_block, camera, seed, size),
        chunks,
        processes=processes,
        name=lambda chunk: f"simulated galaxies {chunk.start} to {chunk.stop - 1}",
    )


def simulate_one(
    camera: Camera, index: int, *, seed: int, size: int
) -> tuple[dict[str, Any], Image, Image, Image]:
    """The truth (one row), image, sigma and PSF of galaxy `index`: see `simulate`."""
    rng = _generator(seed, index, _SCENE)
    number = int(rng.integers(len(camera)))
    psf = _varied(camera.psfs[number], rng)
    seen = psf_half_light_radius(psf, 1.0)
    binning, noise = int(camera.binning[number]), float(camera.noise[number])
    units = Units(camera.of_binning(binning), noise)
    scene = draw_scene(population_of(units, seen), rng, stamp_size=size)
    light = _light(scene, psf, size) * units.light
    image, sigma = _exposed(light, noise, camera.photons, _generator(seed, index, _NOISE))
    target = scene.target
    assert isinstance(target, Galaxy)  # of a population of galaxies
    shape = half_light_ellipse(target.components)
    flux = target.flux * units.light
    row = {
        "id": index,
        "binning": binning,
        "magnitude": units.camera.zero_point - 2.5 * math.log10(flux),
        "half_light_radius": shape.semi_major * units.length,
        "axis_ratio": shape.axis_ratio,
        "position_angle": shape.position_angle,
        "x": target.x / PIXEL_SCALE,
        "y": target.y / PIXEL_SCALE,
        "psf_half_light_radius": seen,
    }
    return row, image, sigma, psf.astype(np.float32)


def _light(scene: Scene, psf: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """A scene without noise, (size, size), as it was drawn: in nanomaggies, in SDSS's pixels."""
    light = render_sky(scene, size).astype(np.float64)
    for item in (*scene.own, *scene.neighbours):
        if isinstance(item, Star):
            x, y = item.x / PIXEL_SCALE, item.y / PIXEL_SCALE
            if max(abs(x), abs(y)) < (size + len(psf)) / 2:
                light += item.flux * placed(psf, x, y, size)
        else:
            light += render_through(item, psf, size)
    return light


def _exposed(
    light: NDArray[np.float64], noise: float, photons: float, rng: np.random.Generator
) -> tuple[Image, Image]:
    """A noisy image, and the sigma that a noise map would have of it.

    The sky's noise is Gaussian, that of the light Poisson, of photons that are so bright.
    """
    seen = light
    if photons:
        seen = np.where(light > 0, rng.poisson(np.maximum(light, 0.0) / photons) * photons, light)
    image = seen + noise * rng.standard_normal(light.shape)
    sigma = np.sqrt(noise**2 + photons * np.maximum(image, 0.0))
    return image.astype(np.float32), sigma.astype(np.float32)


def _varied(psf: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A PSF as it might be in a slightly better or worse seeing, its sum 1."""
    spread = np.clip(SPREAD * rng.standard_normal(), -MOST_SPREAD, MOST_SPREAD)
    wider = resampled(psf, math.exp(-float(spread)), len(psf))
    return np.asarray(wider / wider.sum())


def _block(camera: Camera, seed: int, size: int, indices: range) -> Block:
    """One block, in this process."""
    made = []
    for index in indices:
        try:
            made.append(simulate_one(camera, index, seed=seed, size=size))
        except (ValueError, RuntimeError) as error:
            raise SimulationError(
                f"simulated galaxy {index} (seed {seed}) failed: {error}"
            ) from error
    rows, *arrays = zip(*made, strict=True)
    image, sigma, psf = (np.stack(kind)[..., np.newaxis] for kind in arrays)
    return pd.DataFrame(list(rows)), image, sigma, psf


def _generator(seed: int, index: int, stream: int) -> np.random.Generator:
    """The random numbers of one galaxy and purpose, far from those of every other."""
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 2, stream]))
