"""Section simulate: the galaxies that the network is trained on."""

from typing import Annotated

from pydantic import BeforeValidator, NonNegativeFloat, PositiveFloat, PositiveInt

from halflight.params.rules import (
    Band,
    EvenSize,
    Fraction,
    Numbers,
    OddSize,
    Pair,
    Range,
    Section,
    Seed,
    as_tuple,
)


class PopulationParams(Section):
    """The simulated population; `halflight.simulation.Population` documents each distribution."""

    magnitude: Range
    size_intercept: float
    size_slope: float
    size_pivot: float
    size_scatter: PositiveFloat
    radius: Range
    late_fraction: Fraction
    late_sersic_n: Pair
    late_axis_ratio: Range
    early_sersic_n: Pair
    early_axis_ratio: Range
    sersic_n: Range
    bulge_disc_fraction: Fraction
    bulge_fraction: Pair
    bulge_sersic_n: Numbers
    bulge_size_ratio: Pair
    bulge_angle_scatter: NonNegativeFloat
    neighbour_density: NonNegativeFloat
    neighbour_magnitude: Range
    neighbour_slope: PositiveFloat
    neighbour_star_fraction: Fraction
    neighbour_margin: NonNegativeFloat
    neighbour_separation: NonNegativeFloat
    centroid_jitter: NonNegativeFloat
    double_gaussian_fraction: Fraction
    psf_width: Pair
    psf_sigma_ratio: Pair
    psf_wing_ratio: Pair
    moffat_beta: Numbers
    psf_ellipticity: NonNegativeFloat
    band: Band
    run: Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(as_tuple)]
    nmgy_per_count: Pair
    sky_brightness: Pair
    sky_residual: NonNegativeFloat
    sky_gradient: NonNegativeFloat


class Simulate(Section):
    """Section simulate."""

    seed: Seed
    count: PositiveInt
    stamp_size: EvenSize
    psf_size: OddSize
    population: PopulationParams
