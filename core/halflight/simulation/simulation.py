"""Simulated stamps with known truth: one by index, or all of them on every core."""

import math
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import galsim
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.half_light import half_light_ellipse
from halflight.instrument import PIXEL_SCALE, magnitude_of
from halflight.psf import psf_fwhm, psf_half_light_radius
from halflight.simulation.draws import draw_scene
from halflight.simulation.noise import add_noise
from halflight.simulation.psf import render_psf
from halflight.simulation.render import render_objects, render_sky
from halflight.simulation.scene import Galaxy, Scene
from halflight.workers import in_order

if TYPE_CHECKING:
    from halflight.params.simulate import Population

Image = NDArray[np.float32]
Block = tuple[pd.DataFrame, Image, Image, Image]

# Stamps a task: fixed, so that the split does not depend on the number of processes.
CHUNK = 100
_SCENE_STREAM, _NOISE_STREAM = 0, 1


class SimulationError(RuntimeError):
    """A stamp could not be simulated; the message names its index."""


def generator(seed: int, index: int, stream: int) -> np.random.Generator:
    """The random numbers of one stamp and purpose.

    Philox keyed by (seed, index): no stamp depends on another; streams are 2^192 draws apart.
    """
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 0, stream]))


def simulate_stamp(
    index: int, *, seed: int, stamp_size: int, psf_size: int, population: "Population"
) -> tuple[dict[str, Any], Image, Image, Image]:
    """The truth (one table row), image, sigma and PSF of stamp `index`.

    image and sigma are (stamp_size, stamp_size), psf (psf_size, psf_size), all float32, the first
    two in nmgy. sigma is what a survey would quote: computed from the noisy image.
    `neighbour_flux_fraction` is the neighbours' light, as seen, within 2 half-light radii plus one
    PSF half-light radius of the target's centre, over the target's total flux. `blend_separation`
    (arcsec) is that of the nearest one at least a third as bright as the target; NaN without any.
    """
    scene = draw_scene(population, generator(seed, index, _SCENE_STREAM), stamp_size=stamp_size)
    target, exposure = scene.target, scene.exposure
    psf = render_psf(scene.psf, psf_size)
    psf_radius = psf_half_light_radius(psf, PIXEL_SCALE)
    around = render_objects(stamp_size, scene.neighbours, scene.psf)
    light = render_objects(stamp_size, (target,), scene.psf, whole=True) + around
    light += render_sky(scene, stamp_size)
    image = add_noise(light, exposure, generator(seed, index, _NOISE_STREAM))

    truth = half_light_ellipse(target.components)
    single = len(target.components) == 1
    near = 2 * truth.semi_major + psf_radius
    row = {
        "id": index,
        "magnitude": float(magnitude_of(target.flux)),
        "half_light_radius": truth.semi_major,
        "axis_ratio": truth.axis_ratio,
        "position_angle": truth.position_angle,
        "sersic_n": target.components[0].sersic_n if single else math.nan,
        "bulge_fraction": 0.0 if single else target.components[0].flux / target.flux,
        "components": len(target.components),
        "flux": target.flux,
        "x": target.x,
        "y": target.y,
        "psf_half_light_radius": psf_radius,
        "psf_fwhm": psf_fwhm(psf, PIXEL_SCALE),
        "nmgy_per_count": exposure.nmgy_per_count,
        "sky": exposure.sky,
        "gain": exposure.gain,
        "dark_variance": exposure.dark_variance,
        "neighbours": len(scene.neighbours),
        "blend_separation": _blend_separation(scene),
        "neighbour_flux_fraction": _light_near(around, target, near) / target.flux,
        **_bulge_and_disc(target),
    }
    return row, image, exposure.sigma(image), psf


def simulate_stamps(
    count: int,
    *,
    first: int = 0,
    seed: int,
    stamp_size: int,
    psf_size: int,
    population: "Population",
    processes: int,
) -> Generator[Block, None, None]:
    """`count` stamps from `first` on, as blocks of (table, image, sigma, psf) by their index.

    image and sigma are (n, stamp_size, stamp_size, 1), psf (n, psf_size, psf_size, 1): one band.
    A block holds up to `CHUNK` stamps; its bytes do not depend on `processes`, and at most two
    blocks a process are held in memory; `halflight.workers.in_order` says what processes ask for.
    Raises ValueError for a bad argument, SimulationError, naming the stamp, for a failed one, and
    WorkerError for a process that died.
    """
    sizes = {"seed": seed, "stamp_size": stamp_size, "psf_size": psf_size}
    _check(count=count, first=first, processes=processes, **sizes)
    settings = {**sizes, "population": population}
    end = first + count
    chunks = [range(start, min(start + CHUNK, end)) for start in range(first, end, CHUNK)]
    return in_order(
        partial(_simulate_chunk, settings),
        chunks,
        processes=processes,
        name=lambda chunk: f"stamps {chunk.start} to {chunk.stop - 1}",
    )


def _simulate_chunk(settings: dict[str, Any], indices: range) -> Block:
    """One block, in this process."""
    rows: list[dict[str, Any]] = []
    size, psf_size = settings["stamp_size"], settings["psf_size"]
    image = np.empty((len(indices), size, size, 1), dtype=np.float32)
    sigma = np.empty_like(image)
    psf = np.empty((len(indices), psf_size, psf_size, 1), dtype=np.float32)
    for slot, index in enumerate(indices):
        try:
            row, *arrays = simulate_stamp(index, **settings)
        except (ValueError, RuntimeError, galsim.GalSimError) as error:
            raise SimulationError(
                f"simulated stamp {index} (seed {settings['seed']}) failed: {error}"
            ) from error
        for array, stamp in zip((image, sigma, psf), arrays, strict=True):
            array[slot, ..., 0] = stamp
        rows.append(row)
    return pd.DataFrame(rows), image, sigma, psf


def _bulge_and_disc(galaxy: Galaxy) -> dict[str, float]:
    """Size, shape and index of bulge and disc; NaN of a single profile."""
    parts = galaxy.components if len(galaxy.components) == 2 else (None, None)
    return {
        f"{name}_{key}": math.nan if part is None else getattr(part, key)
        for name, part in zip(("bulge", "disc"), parts, strict=True)
        for key in ("half_light_radius", "axis_ratio", "position_angle", "sersic_n")
    }


def _blend_separation(scene: Scene) -> float:
    """How far (arcsec) the nearest neighbour is that is no less than a third of the target."""
    x, y = scene.target.x, scene.target.y
    bright = [n for n in scene.neighbours if n.flux >= scene.target.flux / 3]
    return min((math.hypot(n.x - x, n.y - y) for n in bright), default=math.nan)


def _light_near(image: Image, target: Galaxy, radius: float) -> float:
    """The light (nmgy) of an image within `radius` arcsec of the target's centre."""
    offset = (np.arange(len(image)) - (len(image) - 1) / 2) * PIXEL_SCALE
    near = np.hypot(offset[None, :] - target.x, offset[:, None] - target.y) <= radius
    return float(image[near].sum(dtype=np.float64))


def _check(**arguments: int) -> None:
    """Raise ValueError for a number that is negative or, but for some, zero."""
    for name, value in arguments.items():
        least = 0 if name in ("count", "first", "seed") else 1
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
