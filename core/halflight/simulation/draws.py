"""Draw scenes from a population: galaxies, stars, PSFs and exposures.

A population is the section of that name of `halflight.params`, or anything with its attributes;
of `Objects`, what it has in common with one of several bands.
"""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from halflight.half_light import Component, half_light_ellipse
from halflight.instrument import (
    PIXEL_SCALE,
    Exposure,
    dark_variance,
    flux_of,
    gain,
    magnitude_of,
)
from halflight.simulation.profiles import quantise_sersic_n
from halflight.simulation.scene import Galaxy, Psf, Scene, Star

if TYPE_CHECKING:
    from halflight.params.simulate import Objects, Population

Pair = tuple[float, float]

DISC_SERSIC_N = 1.0


def draw_scene(population: "Population", rng: np.random.Generator, *, stamp_size: int) -> Scene:
    """A target near the centre of a stamp of `stamp_size` pixels, and all that surrounds it."""
    jitter = population.centroid_jitter * PIXEL_SCALE
    target = draw_galaxy(
        population,
        rng,
        magnitude=rng.uniform(*population.magnitude),
        x=rng.uniform(-jitter, jitter),
        y=rng.uniform(-jitter, jitter),
    )
    side = stamp_size * PIXEL_SCALE + 2 * population.neighbour_margin
    neighbours = []
    for _ in range(rng.poisson(population.neighbour_density * side**2)):
        x, y = rng.uniform(-side / 2, side / 2, size=2)
        neighbour = draw_neighbour(population, rng, x=float(x), y=float(y))
        if math.hypot(x - target.x, y - target.y) >= population.neighbour_separation:
            neighbours.append(neighbour)
    psf = draw_psf(population, rng)
    exposure = draw_exposure(population, rng)
    gradient = population.sky_gradient * rng.standard_normal(2)
    level = population.sky_residual * float(rng.standard_normal())
    if rng.random() < population.companion_fraction:
        neighbours.append(draw_companion(population, rng, target))
    return Scene(
        target=target,
        neighbours=tuple(neighbours),
        psf=psf,
        exposure=exposure,
        sky_level=level,
        sky_gradient=(float(gradient[0]), float(gradient[1])),
    )


def draw_galaxy(
    population: "Objects", rng: np.random.Generator, *, magnitude: float, x: float, y: float
) -> Galaxy:
    """A galaxy of this total magnitude at (x, y) arcsec: one Sersic profile, or bulge and disc.

    Its half-light ellipse has the semi-major axis drawn from the size-magnitude relation, for
    one component and for two.
    """
    median = 10 ** (
        population.size_intercept + population.size_slope * (magnitude - population.size_pivot)
    )
    radius = _lognormal(rng, (median, population.size_scatter), population.radius)
    angle = rng.uniform(0, math.pi)
    flux = flux_of(magnitude)
    if rng.random() < population.bulge_disc_fraction:
        shape = _draw_bulge_and_disc(population, rng, flux, angle)
        scale = radius / half_light_ellipse(shape).semi_major
        components = tuple(replace(c, half_light_radius=c.half_light_radius * scale) for c in shape)
    else:
        late = rng.random() < population.late_fraction
        n = population.late_sersic_n if late else population.early_sersic_n
        axis_ratio = population.late_axis_ratio if late else population.early_axis_ratio
        components = (
            Component(
                sersic_n=quantise_sersic_n(_lognormal(rng, n, population.sersic_n)),
                half_light_radius=radius,
                axis_ratio=rng.uniform(*axis_ratio),
                position_angle=angle,
                flux=flux,
            ),
        )
    return Galaxy(components, x, y)


def draw_star(population: "Objects", rng: np.random.Generator, *, x: float, y: float) -> Star:
    """A star at (x, y) arcsec, of a magnitude drawn from the neighbours' counts."""
    return Star(flux_of(draw_counts_magnitude(population, rng)), x, y)


def draw_neighbour(
    population: "Objects", rng: np.random.Generator, *, x: float, y: float
) -> Galaxy | Star:
    """A star or a galaxy at (x, y) arcsec, of a magnitude drawn from the neighbours' counts."""
    if rng.random() < population.neighbour_star_fraction:
        return draw_star(population, rng, x=x, y=y)
    magnitude = draw_counts_magnitude(population, rng)
    return draw_galaxy(population, rng, magnitude=magnitude, x=x, y=y)


def draw_companion(
    population: "Population", rng: np.random.Generator, target: Galaxy
) -> Galaxy | Star:
    """A star or a galaxy close to the target, of about its brightness."""
    apart, angle = rng.uniform(*population.companion_separation), rng.uniform(0, 2 * math.pi)
    x, y = target.x + apart * math.cos(angle), target.y + apart * math.sin(angle)
    magnitude = float(magnitude_of(target.flux)) + rng.uniform(*population.companion_contrast)
    if rng.random() < population.neighbour_star_fraction:
        return Star(flux_of(magnitude), x, y)
    return draw_galaxy(population, rng, magnitude=magnitude, x=x, y=y)


def draw_counts_magnitude(population: "Objects", rng: np.random.Generator) -> float:
    """A magnitude from counts that grow as 10^(slope m) between the neighbours' limits."""
    slope = population.neighbour_slope
    low, high = (10 ** (slope * m) for m in population.neighbour_magnitude)
    return math.log10(rng.uniform(low, high)) / slope


def draw_psf(population: "Objects", rng: np.random.Generator) -> Psf:
    """A double Gaussian or a Moffat PSF."""
    width = population.psf_width[0] * math.exp(population.psf_width[1] * rng.standard_normal())
    e1, e2 = (float(e) for e in population.psf_ellipticity * rng.standard_normal(2))
    if rng.random() < population.double_gaussian_fraction:
        return Psf(
            "double_gaussian",
            width,
            e1,
            e2,
            sigma_ratio=max(float(rng.normal(*population.psf_sigma_ratio)), 1.0),
            wing_ratio=max(float(rng.normal(*population.psf_wing_ratio)), 0.0),
        )
    return Psf("moffat", width, e1, e2, beta=float(rng.choice(population.moffat_beta)))


def draw_exposure(population: "Population", rng: np.random.Generator) -> Exposure:
    """One CCD of a random camera column and run, under a random sky."""
    camcol = int(rng.integers(1, 7))
    run = int(rng.integers(population.run[0], population.run[1] + 1))
    median, scatter = population.nmgy_per_count
    calibration = median * math.exp(scatter * rng.standard_normal())
    sky_nmgy = flux_of(float(rng.normal(*population.sky_brightness))) * PIXEL_SCALE**2
    return Exposure(
        nmgy_per_count=calibration,
        sky=sky_nmgy / calibration,
        gain=gain(population.band, camcol, run),
        dark_variance=dark_variance(population.band, camcol, run),
    )


def _draw_bulge_and_disc(
    population: "Objects", rng: np.random.Generator, flux: float, angle: float
) -> tuple[Component, Component]:
    """A bulge and an exponential disc of unit half-light radius."""
    fraction = rng.beta(*population.bulge_fraction)
    bulge = Component(
        sersic_n=float(rng.choice(population.bulge_sersic_n)),
        half_light_radius=population.bulge_size_ratio[0]
        * math.exp(population.bulge_size_ratio[1] * rng.standard_normal()),
        axis_ratio=rng.uniform(*population.early_axis_ratio),
        position_angle=angle + population.bulge_angle_scatter * rng.standard_normal(),
        flux=flux * fraction,
    )
    disc = Component(
        sersic_n=DISC_SERSIC_N,
        half_light_radius=1.0,
        axis_ratio=rng.uniform(*population.late_axis_ratio),
        position_angle=angle,
        flux=flux * (1 - fraction),
    )
    return bulge, disc


def _lognormal(rng: np.random.Generator, median_scatter: Pair, limits: Pair) -> float:
    """One draw from a lognormal distribution truncated to `limits`, by its inverse."""
    median, scatter = median_scatter
    low, high = (float(ndtr(math.log(limit / median) / scatter)) for limit in limits)
    drawn = median * math.exp(scatter * float(ndtri(rng.uniform(low, high))))
    return min(max(drawn, limits[0]), limits[1])
