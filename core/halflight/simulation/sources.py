"""Stars and galaxies in several bands: one sky, seen once in every band."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from halflight.instrument import (
    BANDS,
    PIXEL_SCALE,
    Exposure,
    dark_variance,
    flux_of,
    gain,
    magnitude_of,
)
from halflight.simulation.colours import (
    Ratios,
    draw_extinction,
    draw_galaxy_colours,
    draw_star_colours,
)
from halflight.simulation.draws import draw_galaxy, draw_neighbour, draw_psf
from halflight.simulation.scene import Galaxy, Psf, Scene, Star

if TYPE_CHECKING:
    from halflight.params.simulate import BandView, SourcePopulation


@dataclass(frozen=True)
class Source:
    """An object as it is in r, and its fluxes in every band over those in r.

    `colours` has one entry a component of a galaxy, one of a star. `redshift` is NaN of a star.
    """

    item: Galaxy | Star
    colours: tuple[Ratios, ...]
    redshift: float = math.nan

    def seen(self, band: str, dust: Ratios) -> Galaxy | Star:
        """The object in a band, reddened: r stays as it is."""
        dimming = 10 ** (-0.4 * (dust[band] - dust["r"]))
        factors = [colour[band] * dimming for colour in self.colours]
        if isinstance(self.item, Star):
            return replace(self.item, flux=self.item.flux * factors[0])
        components = tuple(
            replace(c, flux=c.flux * factor)
            for c, factor in zip(self.item.components, factors, strict=True)
        )
        return replace(self.item, components=components)


@dataclass(frozen=True)
class Sky:
    """What lies on one stamp: the target, a star's companion, what surrounds them, the dust."""

    target: Source
    companion: Source | None
    neighbours: tuple[Source, ...]
    dust: Ratios

    @property
    def own(self) -> tuple[Source, ...]:
        """The target and what belongs to it."""
        return (self.target,) if self.companion is None else (self.target, self.companion)


def draw_sky(population: "SourcePopulation", rng: np.random.Generator, *, stamp_size: int) -> Sky:
    """A star or a galaxy near the centre of a stamp, and all that surrounds it."""
    jitter = population.centroid_jitter * PIXEL_SCALE
    x, y = (float(offset) for offset in rng.uniform(-jitter, jitter, size=2))
    magnitude = float(rng.uniform(*population.magnitude))
    companion = None
    if rng.random() < population.star_fraction:
        target = Source(Star(flux_of(magnitude), x, y), (draw_star_colours(population, rng),))
        if rng.random() < population.binary_fraction:
            target, companion = _draw_binary(population, rng, target)
    else:
        galaxy = draw_galaxy(population, rng, magnitude=magnitude, x=x, y=y)
        target = _coloured(galaxy, population, rng)
    side = stamp_size * PIXEL_SCALE + 2 * population.neighbour_margin
    neighbours = []
    for _ in range(rng.poisson(population.neighbour_density * side**2)):
        place = rng.uniform(-side / 2, side / 2, size=2)
        item = draw_neighbour(population, rng, x=float(place[0]), y=float(place[1]))
        if math.hypot(item.x - x, item.y - y) >= population.neighbour_separation:
            neighbours.append(_coloured(item, population, rng))
    return Sky(target, companion, tuple(neighbours), draw_extinction(population, rng))


def draw_views(
    sky: Sky, population: "SourcePopulation", rng: np.random.Generator
) -> dict[str, Scene]:
    """How that sky is seen in every band: the seeing is one, the cameras are several."""
    psf = draw_psf(population, rng)
    camcol = int(rng.integers(1, 7))
    run = int(rng.integers(population.run[0], population.run[1] + 1))
    scenes = {}
    bands: dict[Any, BandView] = dict(population.bands)
    for band in BANDS:
        view = bands[band]
        gradient = view.sky_gradient * rng.standard_normal(2)
        scenes[band] = Scene(
            target=sky.target.seen(band, sky.dust),
            companions=tuple(s.seen(band, sky.dust) for s in sky.own[1:]),
            neighbours=tuple(s.seen(band, sky.dust) for s in sky.neighbours),
            psf=_seen_psf(psf, view, population, rng),
            exposure=_draw_exposure(band, camcol, run, view, rng),
            sky_level=view.sky_residual * float(rng.standard_normal()),
            sky_gradient=(float(gradient[0]), float(gradient[1])),
        )
    return scenes


def describe(
    sky: Sky, scenes: Mapping[str, Scene], row: Mapping[str, Any]
) -> dict[str, str | float]:
    """What a stamp's row says beside what every one does: label, kind, magnitudes, dust.

    A galaxy is compact whose half-light radius is below that of the PSF, both in the row.
    """
    is_star = isinstance(sky.target.item, Star)
    if is_star:
        kind = "single_star" if sky.companion is None else "binary"
    else:
        compact = row["half_light_radius"] < row["psf_half_light_radius"]
        kind = "compact_galaxy" if compact else "galaxy"
    magnitudes = {
        f"magnitude_{band}": float(magnitude_of(sum(each.flux for each in scene.own)))
        for band, scene in scenes.items()
    }
    dust = {f"extinction_{band}": value for band, value in sky.dust.items()}
    return {
        "is_star": float(is_star),
        "kind": kind,
        "redshift": sky.target.redshift,
        **magnitudes,
        **dust,
    }


def _coloured(
    item: Galaxy | Star, population: "SourcePopulation", rng: np.random.Generator
) -> Source:
    if isinstance(item, Star):
        return Source(item, (draw_star_colours(population, rng),))
    redshift, colours = draw_galaxy_colours(
        population,
        rng,
        magnitude=float(magnitude_of(item.flux)),
        components=len(item.components),
    )
    return Source(item, colours, redshift)


def _draw_binary(
    population: "SourcePopulation", rng: np.random.Generator, single: Source
) -> tuple[Source, Source]:
    """Two stars that share the light of one, each with its own colours."""
    low, high = (math.log(s) for s in population.binary_separation)
    apart, angle = math.exp(rng.uniform(low, high)), rng.uniform(0, 2 * math.pi)
    fainter = 10 ** (-0.4 * rng.uniform(*population.binary_contrast))
    flux, x, y = single.item.flux, single.item.x, single.item.y
    first = replace(single, item=Star(flux / (1 + fainter), x, y))
    second = Star(
        flux * fainter / (1 + fainter), x + apart * math.cos(angle), y + apart * math.sin(angle)
    )
    return first, Source(second, (draw_star_colours(population, rng),))


def _seen_psf(
    psf: Psf, view: "BandView", population: "SourcePopulation", rng: np.random.Generator
) -> Psf:
    """The same seeing in another band: wider by the band's ratio, and a little otherwise."""
    ratio, scatter = view.psf_width_ratio
    turn = population.psf_ellipticity_scatter * rng.standard_normal(2)
    return replace(
        psf,
        width=psf.width * ratio * math.exp(scatter * rng.standard_normal()),
        e1=psf.e1 + float(turn[0]),
        e2=psf.e2 + float(turn[1]),
    )


def _draw_exposure(
    band: str, camcol: int, run: int, view: "BandView", rng: np.random.Generator
) -> Exposure:
    """The CCD of one band in one camera column, under that band's sky."""
    median, scatter = view.nmgy_per_count
    calibration = median * math.exp(scatter * rng.standard_normal())
    sky_nmgy = flux_of(float(rng.normal(*view.sky_brightness))) * PIXEL_SCALE**2
    return Exposure(
        nmgy_per_count=calibration,
        sky=sky_nmgy / calibration,
        gain=gain(band, camcol, run),
        dark_variance=dark_variance(band, camcol, run),
    )
