"""Sections prepare, classical, evaluate and report: what happens to stamps and to results."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt

from halflight.params.rules import (
    EvenSize,
    Fraction,
    Numbers,
    OddSize,
    Section,
    Seed,
    Shares,
    increasing,
)

Origin = Literal["simulated", "sandbox", "recorded", "sdss"]


class Split(Section):
    """How the stamps of one origin are divided."""

    fractions: Shares
    patches: Literal["stamps", "fields", "rows"]


class Prepare(Section):
    """Section prepare."""

    seed: Seed
    split: dict[Origin, Split]
    rows_per_patch: PositiveInt
    stamp_size: EvenSize
    psf_size: OddSize
    image_softening: PositiveFloat
    psf_softening: PositiveFloat
    max_bad_fraction: Fraction


class Classical(Section):
    """Section classical."""

    test_stamps: PositiveInt
    detection_threshold: PositiveFloat


class Evaluate(Section):
    """Section evaluate."""

    seed: Seed
    magnitude_edges: Annotated[Numbers, Field(min_length=2), AfterValidator(increasing)]
    bootstrap: Annotated[int, Field(ge=2)]


class Report(Section):
    """Section report."""

    title: str
    gallery: PositiveInt
