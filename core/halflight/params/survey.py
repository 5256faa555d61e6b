"""Section survey, and each task's: which sky, which objects of it, and how politely it is asked."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from halflight.conditions import check_condition
from halflight.params.rules import (
    Band,
    Endpoint,
    EvenSize,
    Fraction,
    OddSize,
    Section,
    as_tuple,
    distinct,
)

Photometry = Literal[
    "psf_magnitude", "model_magnitude", "cmodel_magnitude", "extinction", "psf_fwhm"
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,63}$")]


class Selection(Section):
    """Which objects of which fields: one profile an endpoint."""

    field_modulus: PositiveInt
    field_remainder: NonNegativeInt
    max_fields: PositiveInt | None
    where: Annotated[str, AfterValidator(check_condition)]
    label: Literal["spectra", "type"] | None
    truth_table: str | None

    @model_validator(mode="after")
    def _remainder_below_modulus(self) -> Self:
        if self.field_remainder >= self.field_modulus:
            raise ValueError("field_remainder must be below field_modulus")
        return self


class Survey(Section):
    """Section survey: the sky that every task asks."""

    endpoint: Endpoint
    release: Annotated[int, Field(ge=8, le=99)]
    skyserver_url: str | None
    sas_url: str | None
    recorded_sky: str
    retries: NonNegativeInt
    backoff: NonNegativeFloat
    timeout: PositiveFloat
    deadline: PositiveFloat
    queries_per_minute: Annotated[int, Field(ge=1, le=60)]
    max_failed_fields: Fraction


class TaskSurvey(Section):
    """A task's section survey: what it asks that sky for."""

    bands: Annotated[
        tuple[Band, ...], BeforeValidator(as_tuple), Field(min_length=1), AfterValidator(distinct)
    ]
    reference: Band
    photometry: Annotated[
        tuple[Photometry, ...], BeforeValidator(as_tuple), AfterValidator(distinct)
    ]
    truths: Annotated[tuple[Name, ...], BeforeValidator(as_tuple), AfterValidator(distinct)]
    stamp_size: EvenSize
    psf_size: OddSize
    selection: dict[Endpoint, Selection]

    @model_validator(mode="after")
    def _reference_is_one_of_the_bands(self) -> Self:
        if self.reference not in self.bands:
            raise ValueError(f"reference must be one of the bands {', '.join(self.bands)}")
        return self
