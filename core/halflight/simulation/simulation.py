"""Simulated stamps with known truth: one by index, or all of them on every core."""

import math
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import galsim
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.half_light import half_light_ellipse
from halflight.instrument import PIXEL_SCALE, magnitude_of
from halflight.psf import psf_fwhm, psf_half_light_radius
from halflight.simulation.draws import draw_scene
from halflight.simulation.noise import add_noise
from halflight.simulation.photons import photograph
from halflight.simulation.psf import render_psf
from halflight.simulation.render import render_objects, render_sky
from halflight.simulation.scene import Galaxy, Scene, Star
from halflight.simulation.sources import describe, draw_sky, draw_views
from halflight.workers import in_order

if TYPE_CHECKING:
    from halflight.params.simulate import Population, SourcePopulation

Image = NDArray[np.float32]
Block = tuple[pd.DataFrame, Image, Image, Image]
Targets = Literal["galaxies", "sources"]

# Stamps a task: fixed, so that the split does not depend on the number of processes.
CHUNK = 100
_SCENE_STREAM, _NOISE_STREAM = 0, 1  # of the noise, one a band from here on
SHAPE = ("half_light_radius", "axis_ratio", "position_angle", "sersic_n", "bulge_fraction")
REFERENCE_BAND = "r"  # of truths and positions, where there are several bands


class SimulationError(RuntimeError):
    """A stamp could not be simulated; the message names its index."""


def generator(seed: int, index: int, stream: int) -> np.random.Generator:
    """The random numbers of one stamp and purpose.

    Philox keyed by (seed, index): no stamp depends on another; streams are 2^192 draws apart.
    """
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 0, stream]))


def simulate_stamp(
    index: int,
    *,
    seed: int,
    stamp_size: int,
    psf_size: int,
    population: "Population | SourcePopulation",
    targets: Targets = "galaxies",
) -> tuple[dict[str, Any], Image, Image, Image]:
    """The truth (one table row), image, sigma and PSF of stamp `index`.

    image and sigma are (stamp_size, stamp_size, bands), psf (psf_size, psf_size, bands), all
    float32, the first two in nmgy. sigma is what a survey would quote: computed from the noisy
    image. Targets are "galaxies" of a `Population`, in its band, or "sources", stars and galaxies
    of a `SourcePopulation`, in u, g, r, i and z on one grid.
    `neighbour_flux_fraction` is the neighbours' light, as seen in r, within 2 half-light radii (0
    of a star) plus one PSF half-light radius of the target's centre, over the target's total flux.
    `blend_separation` (arcsec) is that of the nearest one at least a third as bright as the target;
    NaN without any.
    """
    rng = generator(seed, index, _SCENE_STREAM)
    drawn: Any = population  # of the kind that `targets` names
    if targets == "galaxies":
        scenes = {drawn.band: draw_scene(drawn, rng, stamp_size=stamp_size)}
        reference, label, renderer = drawn.band, None, drawn.renderer
    else:
        sky = draw_sky(drawn, rng, stamp_size=stamp_size)
        scenes = draw_views(sky, drawn, rng)
        reference, label, renderer = REFERENCE_BAND, partial(describe, sky, scenes), "fourier"
    observe = partial(_observe, stamp_size=stamp_size, psf_size=psf_size, renderer=renderer)
    views = {
        band: observe(scene, rng=generator(seed, index, _NOISE_STREAM + number))
        for number, (band, scene) in enumerate(scenes.items())
    }
    row = {"id": index} | _row(scenes[reference], views[reference])
    if label is not None:
        row |= label(row)
    image, sigma, psfs = (
        np.stack([getattr(view, name) for view in views.values()], axis=-1)
        for name in ("image", "sigma", "psf")
    )
    return row, image, sigma, psfs


class _View(NamedTuple):
    """One band of a stamp: image, sigma, psf, and the neighbours' light alone; (size, size)."""

    image: Image
    sigma: Image
    psf: Image
    around: Image


def _observe(
    scene: Scene, *, stamp_size: int, psf_size: int, renderer: str, rng: np.random.Generator
) -> _View:
    """A scene as one camera sees it."""
    psf = render_psf(scene.psf, psf_size)
    around = render_objects(stamp_size, scene.neighbours, scene.psf)
    if renderer == "photons":
        image = photograph(scene, stamp_size, rng)
    else:
        light = render_objects(stamp_size, scene.own, scene.psf, whole=True) + around
        light += render_sky(scene, stamp_size)
        image = add_noise(light, scene.exposure, rng)
    return _View(image, scene.exposure.sigma(image), psf, around)


def _row(scene: Scene, view: _View) -> dict[str, Any]:
    """What is true of a stamp, in the reference band; of a star, shape and size are NaN."""
    target, exposure = scene.target, scene.exposure
    flux = sum(each.flux for each in scene.own)
    psf_radius = psf_half_light_radius(view.psf, PIXEL_SCALE)
    shape = _shape(target) if isinstance(target, Galaxy) else dict.fromkeys(SHAPE, math.nan)
    near = psf_radius if isinstance(target, Star) else 2 * shape["half_light_radius"] + psf_radius
    return {
        "magnitude": float(magnitude_of(flux)),
        **shape,
        "components": len(target.components) if isinstance(target, Galaxy) else 0,
        "flux": flux,
        "x": target.x,
        "y": target.y,
        "psf_half_light_radius": psf_radius,
        "psf_fwhm": psf_fwhm(view.psf, PIXEL_SCALE),
        "nmgy_per_count": exposure.nmgy_per_count,
        "sky": exposure.sky,
        "gain": exposure.gain,
        "dark_variance": exposure.dark_variance,
        "neighbours": len(scene.neighbours),
        "blend_separation": _blend_separation(scene),
        "neighbour_flux_fraction": _light_near(view.around, target, near) / flux,
        **_bulge_and_disc(target),
    }


def _shape(target: Galaxy) -> dict[str, float]:
    """The half-light ellipse, and what kind of profile it is of."""
    ellipse = half_light_ellipse(target.components)
    single = len(target.components) == 1
    values = (
        *(ellipse.semi_major, ellipse.axis_ratio, ellipse.position_angle),
        target.components[0].sersic_n if single else math.nan,
        0.0 if single else target.components[0].flux / target.flux,
    )
    return dict(zip(SHAPE, values, strict=True))


def simulate_stamps(
    count: int,
    *,
    first: int = 0,
    seed: int,
    stamp_size: int,
    psf_size: int,
    population: "Population | SourcePopulation",
    processes: int,
    targets: Targets = "galaxies",
) -> Generator[Block, None, None]:
    """`count` stamps from `first` on, as blocks of (table, image, sigma, psf) by their index.

    image and sigma are (n, stamp_size, stamp_size, bands), psf (n, psf_size, psf_size, bands): see
    `simulate_stamp`. A block holds up to `CHUNK` stamps; its bytes do not depend on `processes`,
    and at most two blocks a process are held in memory; `halflight.workers.in_order` says what
    processes ask for.
    Raises ValueError for a bad argument, SimulationError, naming the stamp, for a failed one, and
    WorkerError for a process that died.
    """
    sizes = {"seed": seed, "stamp_size": stamp_size, "psf_size": psf_size}
    _check(count=count, first=first, processes=processes, **sizes)
    settings = {**sizes, "population": population, "targets": targets}
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
    stamps: tuple[list[Image], list[Image], list[Image]] = ([], [], [])
    for index in indices:
        try:
            row, *arrays = simulate_stamp(index, **settings)
        except (ValueError, RuntimeError, galsim.GalSimError) as error:
            raise SimulationError(
                f"simulated stamp {index} (seed {settings['seed']}) failed: {error}"
            ) from error
        for kind, stamp in zip(stamps, arrays, strict=True):
            kind.append(stamp)
        rows.append(row)
    image, sigma, psf = (np.stack(kind) for kind in stamps)
    return pd.DataFrame(rows), image, sigma, psf


def _bulge_and_disc(target: Galaxy | Star) -> dict[str, float]:
    """Size, shape and index of bulge and disc; NaN of a single profile or a star."""
    components = target.components if isinstance(target, Galaxy) else ()
    parts = components if len(components) == 2 else (None, None)
    return {
        f"{name}_{key}": math.nan if part is None else getattr(part, key)
        for name, part in zip(("bulge", "disc"), parts, strict=True)
        for key in ("half_light_radius", "axis_ratio", "position_angle", "sersic_n")
    }


def _blend_separation(scene: Scene) -> float:
    """How far (arcsec) the nearest neighbour is that is no less than a third of the target."""
    x, y = scene.target.x, scene.target.y
    flux = sum(each.flux for each in scene.own)
    bright = [n for n in scene.neighbours if n.flux >= flux / 3]
    return min((math.hypot(n.x - x, n.y - y) for n in bright), default=math.nan)


def _light_near(image: Image, target: Galaxy | Star, radius: float) -> float:
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
