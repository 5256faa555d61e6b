"""The types of parameters: what every section is made of, and the rules a value can break."""

import itertools
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from halflight.text import shown


def as_tuple(value: Any) -> Any:
    """A YAML list as the tuple that strict types ask for; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def rising(value: tuple[float, float]) -> tuple[float, float]:
    """The two numbers, if the first is not above the second."""
    if value[0] > value[1]:
        raise ValueError("the first number must not be above the second")
    return value


def increasing(value: tuple[float, ...]) -> tuple[float, ...]:
    """The numbers, if each is above the one before it."""
    if any(low >= high for low, high in itertools.pairwise(value)):
        raise ValueError("each number must be above the one before it")
    return value


def distinct(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values, if none stands there twice."""
    if len(set(value)) < len(value):
        raise ValueError("each may stand there once")
    return value


def _sums_to_one(value: tuple[float, ...]) -> tuple[float, ...]:
    if abs(sum(value) - 1) > 1e-9:
        raise ValueError(f"the shares must sum to 1, not {sum(value):g}")
    return value


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("must be odd, so that the PSF has a central pixel")
    return value


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even, so that the centre lies between the four central pixels")
    return value


def _of_bands(value: dict[str, float]) -> dict[str, float]:
    if strangers := sorted(value.keys() - set(get_args(Band))):
        raise ValueError(
            f"the keys must be bands, {', '.join(get_args(Band))}, not {', '.join(strangers)}"
        )
    return value


Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
OddSize = Annotated[PositiveInt, AfterValidator(_odd)]
EvenSize = Annotated[PositiveInt, AfterValidator(_even)]
Numbers = Annotated[tuple[float, ...], BeforeValidator(as_tuple)]
Range = Annotated[tuple[float, float], BeforeValidator(as_tuple), AfterValidator(rising)]
Shares = Annotated[
    tuple[Fraction, Fraction, Fraction],
    BeforeValidator(as_tuple),
    AfterValidator(_sums_to_one),
]
Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
Band = Literal["u", "g", "r", "i", "z"]
ByBand = Annotated[dict[str, float], AfterValidator(_of_bands)]
PositiveByBand = Annotated[dict[str, PositiveFloat], AfterValidator(_of_bands)]
NonNegativeByBand = Annotated[dict[str, NonNegativeFloat], AfterValidator(_of_bands)]
Endpoint = Literal["sandbox", "recorded", "sdss"]

_GIVEN = "__pydantic_fields_set__"


class Section(BaseModel):
    """One section: strict types (text is never read as a number) and no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def __getstate__(self) -> dict[Any, Any]:
        """As pydantic's; its set of names has another order in every process, their list has not.

        By the bytes of its pickle a run finds what was answered to one that was stopped.
        """
        state = super().__getstate__()
        return state | {_GIVEN: sorted(state[_GIVEN])}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state | {_GIVEN: set(state[_GIVEN])})

    def changed(self, **values: Any) -> Self:
        """A copy with other values, held to the rules; ValueError names all that break one."""
        try:
            return self.model_validate(dict(self) | values)
        except ValidationError as error:
            lines = [
                f"{'.'.join(map(str, fault['loc'])) or type(self).__name__}: "
                f"{fault['msg'].lower()}; received {shown(fault['input'])}"
                for fault in error.errors(include_url=False)
            ]
            raise ValueError("; ".join(lines)) from error
