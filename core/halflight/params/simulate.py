"""Section simulate: the galaxies that the network is trained on."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

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
    rising,
)

AxisRatio = Annotated[float, Field(ge=0.05, le=1)]
SersicIndex = Annotated[float, Field(ge=0.5, le=6)]  # those that halflight.simulation can render

AxisRatios = Annotated[
    tuple[AxisRatio, AxisRatio], BeforeValidator(as_tuple), AfterValidator(rising)
]
SersicIndices = Annotated[
    tuple[SersicIndex, SersicIndex], BeforeValidator(as_tuple), AfterValidator(rising)
]
SersicChoices = Annotated[tuple[SersicIndex, ...], BeforeValidator(as_tuple), Field(min_length=1)]
Choices = Annotated[Numbers, Field(min_length=1)]
PositivePair = Annotated[tuple[PositiveFloat, PositiveFloat], BeforeValidator(as_tuple)]
PositiveRange = Annotated[PositivePair, AfterValidator(rising)]
Runs = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(as_tuple), AfterValidator(rising)]


class Population(Section):
    """Distributions of galaxies, neighbours, PSFs and exposures.

    A pair is the limits of a uniform (or truncated) draw, or, where said so, the median and the
    standard deviation of the logarithm, the mean and the standard deviation, or a Beta's two
    parameters.
    """

    magnitude: Range  # target, uniform between the limits
    size_intercept: float  # log10 of the median semi-major half-light radius (arcsec) at the pivot
    size_slope: float  # change of that log10 per magnitude
    size_pivot: float  # magnitude
    size_scatter: PositiveFloat  # standard deviation of ln radius
    radius: PositiveRange  # arcsec, limits between which the radius is drawn
    late_fraction: Fraction  # of single-Sersic galaxies; the others are early
    late_sersic_n: PositivePair  # median, standard deviation of ln n
    late_axis_ratio: AxisRatios  # also of discs
    early_sersic_n: PositivePair  # median, standard deviation of ln n
    early_axis_ratio: AxisRatios  # also of bulges
    sersic_n: SersicIndices  # limits between which n is drawn
    bulge_disc_fraction: Fraction  # of all galaxies
    bulge_fraction: Pair  # B/T: the two parameters of a Beta distribution
    bulge_sersic_n: SersicChoices  # drawn with equal chance
    bulge_size_ratio: Pair  # bulge radius / disc radius: median, standard deviation of ln
    bulge_angle_scatter: NonNegativeFloat  # radians, of the bulge about the disc
    neighbour_density: NonNegativeFloat  # per arcsec^2, between the magnitude limits
    neighbour_magnitude: Range  # limits; the counts grow as 10^(neighbour_slope m) between them
    neighbour_slope: PositiveFloat  # log10 of counts per magnitude
    neighbour_star_fraction: Fraction  # the others are galaxies
    neighbour_margin: NonNegativeFloat  # arcsec beyond the stamp's edge, neighbours still lie there
    neighbour_separation: NonNegativeFloat  # arcsec, least distance from the target
    companion_fraction: Fraction  # of targets that have a companion of about their own brightness
    companion_separation: PositiveRange  # arcsec, uniform
    companion_contrast: Range  # magnitudes fainter than the target, uniform; stars as of neighbours
    centroid_jitter: NonNegativeFloat  # pixels, the target is within this of the centre in x and y
    double_gaussian_fraction: Fraction  # of PSFs; the others are Moffat
    psf_width: Pair  # arcsec, SDSS psfWidth: median, standard deviation of ln
    psf_sigma_ratio: Pair  # sigma2 / sigma1: mean, standard deviation
    psf_wing_ratio: Pair  # peak of the wide Gaussian over the narrow: mean, standard deviation
    moffat_beta: Choices  # drawn with equal chance; GalSim is fast for 2.5, 3.5, 4.5
    psf_ellipticity: NonNegativeFloat  # standard deviation of e1 and of e2
    band: Band  # of the camera's gain and dark variance
    run: Runs  # imaging runs, first and last
    nmgy_per_count: PositivePair  # median, standard deviation of ln
    sky_brightness: Pair  # mag / arcsec^2: mean, standard deviation
    sky_residual: NonNegativeFloat  # nmgy per pixel, standard deviation of the level left behind
    sky_gradient: NonNegativeFloat  # nmgy per pixel per pixel, standard deviation in x and in y


class Tier(Section):
    """Some of the simulated stamps, of one population."""

    count: PositiveInt
    first: NonNegativeInt  # number of its first stamp: no two tiers have one in common
    population: dict[str, JsonValue]  # what differs from the section population


class TestTier(Tier):
    """One kind of galaxy that methods are compared on, and how the scene fit is told to see it."""

    scene: dict[str, JsonValue]  # what differs from the section classical.scene


class Simulate(Section):
    """Section simulate."""

    seed: Seed
    stamp_size: EvenSize
    psf_size: OddSize
    tiers: Annotated[dict[str, Tier], Field(min_length=1)]
    population: Population

    @model_validator(mode="after")
    def _tiers_are_populations_without_a_common_stamp(self) -> Self:
        for name in self.tiers:
            try:
                self.population_of(name)
            except ValueError as error:
                raise ValueError(f"tiers.{name}.population.{error}") from error
        require_apart(self.tiers)
        return self

    @property
    def count(self) -> int:
        """Stamps of all tiers."""
        return sum(tier.count for tier in self.tiers.values())

    def population_of(self, tier: str) -> Population:
        """The population of a tier; ValueError names what breaks a rule."""
        return self.population.changed(**self.tiers[tier].population)


class Tiers(Section):
    """Section tiers: what `dvc repro reports/tiers/dvc.yaml` measures."""

    kinds: Annotated[dict[str, TestTier], Field(min_length=1)]


def require_apart(tiers: Mapping[str, Tier]) -> None:
    """Refuse tiers with a stamp in common: it would be trained on in one, and tested in another.

    Raises:
        ValueError: there is one; the message names both.
    """
    used = sorted((tier.first, tier.first + tier.count, name) for name, tier in tiers.items())
    for (_, end, one), (first, _, other) in itertools.pairwise(used):
        if first < end:
            raise ValueError(
                f"the tiers {one} and {other} have stamps in common: {other} begins at {first}, "
                f"{one} ends at {end - 1}"
            )
