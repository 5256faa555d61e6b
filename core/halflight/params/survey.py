"""Section survey: which sky, which objects of it, and how politely they are asked for."""

from typing import Annotated, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from halflight.params.rules import Band, Endpoint, EvenSize, Fraction, OddSize, Section


class Selection(Section):
    """Which objects of which fields: one profile an endpoint."""

    field_modulus: PositiveInt
    field_remainder: NonNegativeInt
    max_fields: PositiveInt | None
    where: str
    truth_table: str | None

    @model_validator(mode="after")
    def _remainder_below_modulus(self) -> Self:
        if self.field_remainder >= self.field_modulus:
            raise ValueError("field_remainder must be below field_modulus")
        return self


class Survey(Section):
    """Section survey."""

    endpoint: Endpoint
    release: Annotated[int, Field(ge=8, le=99)]
    band: Band
    skyserver_url: str | None
    sas_url: str | None
    recorded_sky: str
    stamp_size: EvenSize
    psf_size: OddSize
    retries: NonNegativeInt
    backoff: NonNegativeFloat
    timeout: PositiveFloat
    queries_per_minute: Annotated[int, Field(ge=1, le=60)]
    max_failed_fields: Fraction
    selection: dict[Endpoint, Selection]

    @model_validator(mode="after")
    def _endpoint_has_a_selection(self) -> Self:
        if self.endpoint not in self.selection:
            raise ValueError(f"selection has no profile for the endpoint {self.endpoint!r}")
        return self
