"""The schema of sweeps.yaml: what each sweep tries, how it searches, and by what it judges."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    PositiveFloat,
    PositiveInt,
    RootModel,
    model_validator,
)

from halflight.params.rules import Section, Seed, Texts, as_tuple

# A sweep's name is that of a folder and a part of names in git.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
Choices = Annotated[tuple[JsonValue, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class Between(Section):
    """Any number from low to high; whole numbers where both ends are."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range lies above 0")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class Prune(Section):
    """When a training is given up: if its best value so far is worse than the others' median then.

    Attributes:
        curve: what is watched, as DVCLive writes it: NAME/val/loss of the training NAME.
        after: epochs that every training may run.
        among: experiments that must have finished before any is given up.
    """

    curve: Annotated[str, Field(pattern=r"^\w+(/\w+)+$")]
    after: PositiveInt = 3
    among: PositiveInt = 4


class Sweep(Section):
    """One sweep.

    Attributes:
        question: what it answers, in a sentence.
        search: grid: every combination | random | bayesian: where results so far promise most.
        parameters: for each name of params.yaml (with a + before one that is not there yet) a list
            of values or, but for a grid, a range.
        settings: what all of its experiments have in common beside, by the same names.
        trials: experiments of a search that is no grid.
        seed: of random and Bayesian choices.
        minimise, maximise: the judge, one of the two, as FILE:NAME, a number of a JSON file or the
            best of a column of a CSV file (FILE:COLUMN[OTHER=VALUE] of its rows with that value).
        scores: others to show beside, in the same form.
        targets: stages that an experiment runs, with what they need.
        prune: when to give a training up.
        limit_minutes: after which an experiment counts as failed.
    """

    question: Annotated[str, Field(min_length=1)]
    search: Literal["grid", "random", "bayesian"]
    parameters: Annotated[dict[str, Choices | Between], Field(min_length=1)]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    trials: PositiveInt | None = None
    seed: Seed = 1
    minimise: str | None = None
    maximise: str | None = None
    scores: Texts = ()
    targets: Annotated[Texts, Field(min_length=1)] = ("report",)
    prune: Prune | None = None
    limit_minutes: PositiveFloat | None = None

    @model_validator(mode="after")
    def _has_one_judge(self) -> Self:
        if (self.minimise is None) == (self.maximise is None):
            raise ValueError("needs one of minimise and maximise")
        return self

    @model_validator(mode="after")
    def _searches_what_can_be_searched(self) -> Self:
        if self.search == "grid":
            ranges = [name for name, of in self.parameters.items() if isinstance(of, Between)]
            if ranges:
                raise ValueError(f"{ranges[0]}: a grid needs a list of values, not a range")
            if self.trials is not None or self.prune is not None:
                raise ValueError("a grid runs every combination: it has neither trials nor prune")
        elif self.trials is None:
            raise ValueError(f"trials: says how many experiments search {self.search} makes")
        if both := sorted(_bare(self.parameters) & _bare(self.settings)):
            raise ValueError(f"{both[0]}: is both among parameters and among settings")
        return self

    @property
    def judge(self) -> str:
        """What it minimises or maximises, as FILE:NAME."""
        return str(self.minimise or self.maximise)

    @property
    def lower_is_better(self) -> bool:
        """Whether it minimises."""
        return self.minimise is not None


def _bare(names: Mapping[str, Any]) -> set[str]:
    return {name.removeprefix("+") for name in names}


class Sweeps(RootModel[dict[str, Sweep]]):
    """The whole of sweeps.yaml: sweeps by name."""

    @model_validator(mode="after")
    def _names_can_be_those_of_folders(self) -> Self:
        for name in self.root:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r:.60} is no name of a sweep: small letters, digits and _, a letter "
                    "first, 41 at most"
                )
        return self
