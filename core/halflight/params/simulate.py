"""Section simulate: the galaxies that the network is trained on."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

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
    Endpoint,
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
NonNegativeRange = Annotated[
    tuple[NonNegativeFloat, NonNegativeFloat], BeforeValidator(as_tuple), AfterValidator(rising)
]
Fractions = Annotated[tuple[Fraction, Fraction], BeforeValidator(as_tuple), AfterValidator(rising)]
Runs = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(as_tuple), AfterValidator(rising)]


class Objects(Section):
    """Distributions of galaxies, neighbours and PSFs.

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
    centroid_jitter: NonNegativeFloat  # pixels, the target is within this of the centre in x and y
    double_gaussian_fraction: Fraction  # of PSFs; the others are Moffat
    psf_width: Pair  # arcsec, SDSS psfWidth: median, standard deviation of ln
    psf_sigma_ratio: Pair  # sigma2 / sigma1: mean, standard deviation
    psf_wing_ratio: Pair  # peak of the wide Gaussian over the narrow: mean, standard deviation
    moffat_beta: Choices  # drawn with equal chance; GalSim is fast for 2.5, 3.5, 4.5
    psf_ellipticity: NonNegativeFloat  # standard deviation of e1 and of e2
    run: Runs  # imaging runs, first and last


class Population(Objects):
    """Galaxies with their neighbours and companions, in one band."""

    renderer: Literal["fourier", "photons"]  # light by Fourier transforms, or photon by photon
    companion_fraction: Fraction  # of targets that have a companion of about their own brightness
    companion_separation: PositiveRange  # arcsec, uniform
    companion_contrast: Range  # magnitudes fainter than the target, uniform; stars as of neighbours
    band: Band  # of the camera's gain and dark variance
    nmgy_per_count: PositivePair  # median, standard deviation of ln
    sky_brightness: Pair  # mag / arcsec^2: mean, standard deviation
    sky_residual: NonNegativeFloat  # nmgy per pixel, standard deviation of the level left behind
    sky_gradient: NonNegativeFloat  # nmgy per pixel per pixel, standard deviation in x and in y


class BandView(Section):
    """One band of a camera: its seeing beside r's, its sky and its calibration."""

    psf_width_ratio: (
        PositivePair  # of the PSF's width to that in r: median, standard deviation of ln
    )
    nmgy_per_count: PositivePair  # median, standard deviation of ln
    sky_brightness: Pair  # mag / arcsec^2: mean, standard deviation
    sky_residual: NonNegativeFloat  # nmgy per pixel, standard deviation of the level left behind
    sky_gradient: NonNegativeFloat  # nmgy per pixel per pixel, standard deviation in x and in y


class SourcePopulation(Objects):
    """Stars and galaxies with their colours and neighbours, in u, g, r, i and z."""

    star_fraction: Fraction  # of targets; the others are galaxies
    binary_fraction: Fraction  # of stars, which are two that share the light
    binary_separation: PositiveRange  # arcsec, log-uniform
    binary_contrast: Range  # magnitudes that the second is fainter, uniform
    star_temperature: PositiveRange  # kelvin of a black body, log-uniform
    star_blanketing: Range  # magnitudes that metals take from a star's u, uniform
    redshift: PositivePair  # at size_pivot: median, standard deviation of ln
    redshift_slope: float  # change of the median's log10 per magnitude
    old_temperature: PositiveFloat  # kelvin of a black body: a galaxy's old stars
    young_temperature: PositiveFloat  # its young ones
    old_break: Fraction  # of the old stars' light that is left below 4000 Angstrom
    young_fraction: PositivePair  # of the light at 6166 Angstrom: parameters of a Beta distribution
    bulge_young_ratio: Fractions  # of a bulge's young fraction to its disc's, uniform
    colour_scatter: NonNegativeFloat  # magnitudes in each band but r, of stars and galaxies
    extinction: NonNegativeRange  # magnitudes in r, uniform
    psf_ellipticity_scatter: NonNegativeFloat  # of e1 and e2 in a band about those of all
    bands: dict[Band, BandView]

    @model_validator(mode="after")
    def _all_bands_are_seen(self) -> Self:
        if missing := [band for band in get_args(Band) if band not in self.bands]:
            raise ValueError(f"bands has no entry for {', '.join(missing)}")
        return self


class Tier(Section):
    """Some of the simulated stamps, of one population."""

    count: PositiveInt
    first: NonNegativeInt  # number of its first stamp: no two tiers have one in common
    population: dict[str, JsonValue]  # what differs from the section population


class TestTier(Tier):
    """One kind of galaxy that methods are compared on, and how the scene fit is told to see it."""

    scene: dict[str, JsonValue]  # what differs from the section classical.scene


class Simulation(Section):
    """What the section simulate of every task says."""

    seed: Seed
    stamp_size: EvenSize
    psf_size: OddSize
    tiers: Annotated[dict[str, Tier], Field(min_length=1)]
    population: Objects

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

    def population_of(self, tier: str) -> Any:
        """The population of a tier; ValueError names what breaks a rule."""
        return self.population.changed(**self.tiers[tier].population)


class Simulate(Simulation):
    """Section simulate of galaxies in one band."""

    targets: ClassVar[Literal["galaxies"]] = "galaxies"
    population: Population

    @property
    def bands(self) -> tuple[str, ...]:
        """Of the stamps, in their order."""
        return (self.population.band,)


class SimulateSources(Simulation):
    """Section simulate of stars and galaxies in all bands."""

    targets: ClassVar[Literal["sources"]] = "sources"
    population: SourcePopulation

    @property
    def bands(self) -> tuple[str, ...]:
        """Of the stamps, in their order."""
        return get_args(Band)


class Injected(Section):
    """Section injected: what `dvc repro reports/injected/dvc.yaml` puts into a survey's frames."""

    endpoint: Endpoint
    count: PositiveInt  # galaxies a band
    first: NonNegativeInt  # number of the first, as of a tier
    clearance: PositiveFloat  # arcsec


class OutOfDomain(Section):
    """Section domain: what `dvc repro reports/domain/dvc.yaml` spoils and looks at."""

    seed: Seed
    stamps: PositiveInt  # of the simulation's test split, each spoilt in every way
    bootstrap: PositiveInt  # resamples behind each interval


class Tiers(Section):
    """Section tiers: what `dvc repro reports/tiers/dvc.yaml` measures."""

    kinds: Annotated[dict[str, TestTier], Field(min_length=1)]


class TrainingKind(Section):
    """One training beside the default run's, by what differs from it."""

    stamps: PositiveInt | None  # most to learn from; null: the whole training split
    simulate: dict[str, JsonValue]  # of section simulate; with nothing, the default run's stamps
    prepare: dict[str, JsonValue]  # of section prepare, of stamps of its own
    scene: dict[str, JsonValue]  # of section classical.scene, for stamps of its own
    train: dict[str, JsonValue]  # of section train


class Trainings(Section):
    """Section trainings: what `dvc repro reports/trainings/dvc.yaml` trains."""

    kinds: Annotated[dict[str, TrainingKind], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_has_the_default_runs_stamps(self) -> Self:
        if all(kind.simulate for kind in self.kinds.values()):
            raise ValueError("kinds needs one at least without `simulate`, to compare with")
        return self


class Full(Section):
    """Section full: the training of `dvc repro reports/full/dvc.yaml`, on more stamps."""

    tier: str  # of section simulate, from whose population the stamps are
    count: PositiveInt
    first: NonNegativeInt  # number of the first stamp; no other tier has any of them
    train: dict[str, JsonValue]  # of section train


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
