"""Colours of simulated stars and galaxies: black bodies, alone and mixed, behind a little dust.

Deliberately not how the synthetic sky gets its colours, and broader: what is learnt from these
must hold there.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from halflight.instrument import BANDS

if TYPE_CHECKING:
    from halflight.params.simulate import SourcePopulation

Ratios = dict[str, float]

# Effective wavelengths (Angstrom) of u, g, r, i, z: Doi et al. 2010, AJ 139, 1628, table 4.
WAVELENGTHS = dict(zip(BANDS, (3551.0, 4686.0, 6166.0, 7480.0, 8932.0), strict=True))
# h c / k in Angstrom kelvin.
SECOND_RADIATION_CONSTANT = 1.438777e8
# Magnitudes of extinction for E(B-V) = 1: Stoughton et al. 2002, AJ 123, 485, table 22.
EXTINCTION = dict(zip(BANDS, (5.155, 3.793, 2.751, 2.086, 1.479), strict=True))
BREAK_WAVELENGTH = 4000.0  # Angstrom, at rest: below it metals take light from old stars


def draw_extinction(population: "SourcePopulation", rng: np.random.Generator) -> Ratios:
    """Magnitudes that dust takes from every band of one line of sight: uniform in r."""
    in_r = rng.uniform(*population.extinction)
    return {band: in_r * EXTINCTION[band] / EXTINCTION["r"] for band in BANDS}


def draw_star_colours(population: "SourcePopulation", rng: np.random.Generator) -> Ratios:
    """Fluxes (per frequency) of a star over that in r: a black body, less what metals take of u."""
    low, high = (math.log(t) for t in population.star_temperature)
    temperature = math.exp(rng.uniform(low, high))
    light = {band: black_body(WAVELENGTHS[band], temperature) for band in BANDS}
    light["u"] *= 10 ** (-0.4 * rng.uniform(*population.star_blanketing))
    return _scattered(light, population, rng)


def draw_galaxy_colours(
    population: "SourcePopulation", rng: np.random.Generator, *, magnitude: float, components: int
) -> tuple[float, tuple[Ratios, ...]]:
    """The redshift of a galaxy of this magnitude, and the colours of its components.

    Each is a mixture of an old and a young population; of two, the first, the bulge, is older, so
    that the galaxy has a gradient. Ratios are of fluxes (per frequency) to that in r.
    """
    median = population.redshift[0] * 10 ** (
        population.redshift_slope * (magnitude - population.size_pivot)
    )
    redshift = median * math.exp(population.redshift[1] * rng.standard_normal())
    young = rng.beta(*population.young_fraction)
    older = rng.uniform(*population.bulge_young_ratio)
    fractions = (young,) if components == 1 else (young * older, young)
    whole = _scattered(dict.fromkeys(BANDS, 1.0), population, rng)
    colours = []
    for fraction in fractions:
        light = {
            band: population_light(WAVELENGTHS[band] / (1 + redshift), fraction, population)
            for band in BANDS
        }
        colours.append({band: light[band] / light["r"] * whole[band] for band in BANDS})
    return redshift, tuple(colours)


def population_light(wavelength: float, young: float, population: "SourcePopulation") -> float:
    """Flux per frequency, at a wavelength at rest, of stars of which a fraction is young.

    The fraction is of the light at 6166 Angstrom at rest.
    """
    old, fresh = (
        black_body(wavelength, temperature) / black_body(WAVELENGTHS["r"], temperature)
        for temperature in (population.old_temperature, population.young_temperature)
    )
    if wavelength < BREAK_WAVELENGTH:
        old *= population.old_break
    return (1 - young) * old + young * fresh


def black_body(wavelength: float, temperature: float) -> float:
    """Planck's law per frequency, 1 / (lambda^3 (exp(hc / lambda k T) - 1)), in any unit."""
    return (WAVELENGTHS["r"] / wavelength) ** 3 / math.expm1(
        SECOND_RADIATION_CONSTANT / (wavelength * temperature)
    )


def _scattered(light: Ratios, population: "SourcePopulation", rng: np.random.Generator) -> Ratios:
    """Ratios to r, each with the colours' own scatter; r has none."""
    noise = population.colour_scatter * rng.standard_normal(len(BANDS))
    return {
        band: light[band] / light["r"] * (1.0 if band == "r" else 10 ** (-0.4 * float(shift)))
        for band, shift in zip(BANDS, noise, strict=True)
    }
