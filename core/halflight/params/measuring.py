"""Sections prepare, judge, evaluate and report: what happens to stamps and to results."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt

from halflight.params.rules import (
    Endpoint,
    EvenSize,
    Fraction,
    Numbers,
    OddSize,
    Section,
    Seed,
    Shares,
    increasing,
)


class Prepare(Section):
    """Section prepare."""

    seed: Seed
    simulated_fractions: Shares
    survey_fractions: dict[Endpoint, Shares]
    survey_patches: dict[Endpoint, Literal["fields", "rows"]]
    rows_per_patch: PositiveInt
    stamp_size: EvenSize
    psf_size: OddSize
    image_softening: PositiveFloat
    psf_softening: PositiveFloat
    max_bad_fraction: Fraction


class Judge(Section):
    """Section judge."""

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
