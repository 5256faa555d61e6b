"""Sections prepare, classical, evaluate and report: what happens to stamps and to results."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from halflight.params.rules import (
    EvenSize,
    Fraction,
    Numbers,
    OddSize,
    PositiveByBand,
    Section,
    Seed,
    Shares,
    as_tuple,
    increasing,
)


class Split(Section):
    """How the stamps of one origin, or simulated tier, are divided."""

    fractions: Shares
    patches: Literal["stamps", "fields", "rows"]


class Prepare(Section):
    """Section prepare."""

    seed: Seed
    split: dict[str, Split]
    rows_per_patch: PositiveInt
    stamp_size: EvenSize
    psf_size: OddSize
    image_softening: PositiveFloat
    psf_softening: PositiveFloat
    max_bad_fraction: Fraction


class PrepareBands(Section):
    """Section star_galaxy.prepare: as `Prepare`, with a softening for each band."""

    seed: Seed
    split: dict[str, Split]
    rows_per_patch: PositiveInt
    stamp_size: EvenSize
    psf_size: OddSize
    image_softening: PositiveByBand
    psf_softening: PositiveFloat
    max_bad_fraction: Fraction


Lognormal = Annotated[tuple[PositiveFloat, PositiveFloat], BeforeValidator(as_tuple)]


class ScenePriors(Section):
    """Section classical.scene: Gaussian priors of the scene fit, and how much it fits."""

    neighbours: NonNegativeInt
    size_intercept: float
    size_slope: float
    size_pivot: float
    size_scatter: PositiveFloat
    shear_scatter: PositiveFloat
    sersic_n: Lognormal
    bulge_fraction: Annotated[
        tuple[Annotated[float, Field(gt=0, lt=1)], PositiveFloat], BeforeValidator(as_tuple)
    ]
    bulge_size_ratio: Lognormal
    bulge_sersic_n: Lognormal
    bulge_shear_scatter: PositiveFloat
    neighbour_radius: Lognormal
    neighbour_shear_scatter: PositiveFloat
    neighbour_sersic_n: Lognormal
    neighbour_position: PositiveFloat
    sky_level: PositiveFloat
    sky_change: PositiveFloat


class Classical(Section):
    """Section classical."""

    stamps: PositiveInt
    detection_threshold: PositiveFloat
    scene: ScenePriors


class Judges(Section):
    """Section star_galaxy.classical: what stands beside the network."""

    stamps: PositiveInt
    seed: Seed
    cut: float
    trees: PositiveInt
    least_leaf: PositiveInt
    folds: Annotated[int, Field(ge=2)]


Cuts = Annotated[
    tuple[PositiveFloat, ...],
    BeforeValidator(as_tuple),
    Field(min_length=1),
    AfterValidator(increasing),
]
"""Where bins meet; the first and the last are open."""


class Evaluate(Section):
    """Section evaluate."""

    seed: Seed
    magnitude_edges: Annotated[Numbers, Field(min_length=2), AfterValidator(increasing)]
    size_over_psf_cuts: Cuts
    sersic_n_cuts: Cuts
    axis_ratio_cuts: Annotated[
        tuple[Annotated[float, Field(gt=0, lt=1)], ...],
        BeforeValidator(as_tuple),
        Field(min_length=1),
        AfterValidator(increasing),
    ]
    crowding_cuts: Cuts
    bootstrap: Annotated[int, Field(ge=2)]


class EvaluateClasses(Section):
    """Section star_galaxy.evaluate."""

    seed: Seed
    magnitude_edges: Annotated[Numbers, Field(min_length=2), AfterValidator(increasing)]
    galaxy_completeness: Annotated[float, Field(gt=0, lt=1)]
    star_purity: Annotated[float, Field(gt=0, lt=1)]
    decided_wrong: Annotated[float, Field(gt=0, lt=0.5)]
    bootstrap: Annotated[int, Field(ge=2)]


class Report(Section):
    """Section report."""

    title: str
    gallery: PositiveInt
