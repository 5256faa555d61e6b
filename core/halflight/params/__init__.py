"""The schema of params.yaml, and the only part that reads it: an unknown key is an error.

Units and meanings stand in params.yaml, beside the values; here stand the rules.
"""

import math
from pathlib import Path
from typing import Any, Self, TypeVar, get_args

from pydantic import BaseModel, ValidationError, model_validator

from halflight import paths
from halflight.params.document import read_document
from halflight.params.learning import (
    BandsFineTune,
    BandsFit,
    BandsTrain,
    BrightToFaint,
    Capacity,
    FineTune,
    Fit,
    Network,
    RadiusFineTune,
    Train,
    Transfer,
)
from halflight.params.measuring import (
    Classical,
    Evaluate,
    EvaluateClasses,
    Judges,
    Prepare,
    PrepareBands,
    Report,
    Split,
)
from halflight.params.rules import Endpoint, Section
from halflight.params.sandbox import Sandbox
from halflight.params.simulate import (
    Injected,
    OutOfDomain,
    Simulate,
    SimulateSources,
    Tier,
    Tiers,
    require_apart,
)
from halflight.params.survey import Survey, TaskSurvey
from halflight.params.sweeps import Between, Sweep, Sweeps
from halflight.reading import ReadingError, name_of
from halflight.text import printable, shortened, shown

__all__ = [
    "BandsFineTune",
    "BandsFit",
    "BandsTrain",
    "Between",
    "BrightToFaint",
    "Capacity",
    "Classical",
    "Endpoint",
    "Evaluate",
    "EvaluateClasses",
    "FineTune",
    "Fit",
    "Injected",
    "Judges",
    "Network",
    "OutOfDomain",
    "Params",
    "ParamsError",
    "Prepare",
    "PrepareBands",
    "RadiusFineTune",
    "RadiusParams",
    "Report",
    "Sandbox",
    "Simulate",
    "SimulateSources",
    "Split",
    "StarGalaxyParams",
    "Survey",
    "Sweep",
    "TaskParams",
    "TaskSurvey",
    "Tiers",
    "Train",
    "Transfer",
    "judge",
    "load",
    "load_sweeps",
    "read",
]


MOST_FAULTS = 20  # of a file, named one a line: more would run off the screen


Model = TypeVar("Model", bound=BaseModel)


class ParamsError(ValueError):
    """A parameter that breaks a rule; the message names it, the rule and the value received."""


class TaskParams(Section):
    """What the sections of every task have in common, each read by one stage or more."""

    survey: TaskSurvey
    simulate: Any
    prepare: Any

    @model_validator(mode="after")
    def _every_origin_is_split(self) -> Self:
        needed = {*self.simulate.tiers, *self.survey.selection}
        rules = set(self.prepare.split)
        if missing := sorted(map(str, needed - rules)):
            raise ValueError(f"prepare.split has no rule for {', '.join(missing)}")
        if strangers := sorted(map(str, rules - needed - set(get_args(Endpoint)))):
            raise ValueError(
                f"prepare.split has rules for {', '.join(strangers)}, which are neither tiers of "
                "simulate nor endpoints"
            )
        return self


class RadiusParams(TaskParams):
    """The sections of the task radius."""

    simulate: Simulate
    prepare: Prepare
    classical: Classical
    train: Train
    finetune: RadiusFineTune
    evaluate: Evaluate
    tiers: Tiers
    transfer: Transfer
    domain: OutOfDomain
    injected: Injected

    @model_validator(mode="after")
    def _tiers_are_of_stamps_and_priors_that_can_be(self) -> Self:
        for name, tier in self.tiers.kinds.items():
            try:
                self.simulate.population.changed(**tier.population)
            except ValueError as error:
                raise ValueError(f"tiers.kinds.{name}.population.{error}") from error
            try:
                self.classical.scene.changed(**tier.scene)
            except ValueError as error:
                raise ValueError(f"tiers.kinds.{name}.scene.{error}") from error
            require_apart({**self.simulate.tiers, name: tier})
        drawn = Tier(count=self.injected.count, first=self.injected.first, population={})
        require_apart({**self.simulate.tiers, "injected": drawn})
        return self


class StarGalaxyParams(TaskParams):
    """The sections of the task star_galaxy."""

    simulate: SimulateSources
    prepare: PrepareBands
    classical: Judges
    train: BandsTrain
    finetune: BandsFineTune
    evaluate: EvaluateClasses
    bright_to_faint: BrightToFaint


class Params(Section):
    """The whole of params.yaml: what all tasks share, and a section for each task."""

    survey: Survey
    sandbox: Sandbox
    radius: RadiusParams
    star_galaxy: StarGalaxyParams
    report: Report
    capacity: Capacity

    @model_validator(mode="after")
    def _endpoint_is_known_to_every_task(self) -> Self:
        endpoint = self.survey.endpoint
        for task in ("radius", "star_galaxy"):
            if endpoint not in getattr(self, task).survey.selection:
                raise ValueError(
                    f"{task}.survey.selection has no profile for the endpoint {endpoint!r}"
                )
        return self


def read(*sections: str, path: Path = paths.PARAMS) -> Any:
    """Read and check a params.yaml, whole, and return the sections named, such as "radius.train".

    A stage reads nothing else, and dvc.yaml names the same sections. A single one is returned as it
    is, several as a tuple.

    Raises ParamsError as `load` does, and for a section that does not exist.
    """
    everything = load(path)
    found = []
    for name in sections:
        node: Any = everything
        for part in name.split("."):
            node = getattr(node, part, None)
        if not isinstance(node, Section):
            raise ParamsError(f"{path}: there is no section {shown(name)}")
        found.append(node)
    return found[0] if len(found) == 1 else tuple(found)


def load(path: Path = paths.PARAMS) -> Params:
    """Read and check a params.yaml, whole.

    Raises ParamsError naming every parameter that is missing, unknown, mistyped or out of range,
    with its line, the rule and the value received; or the one reason why the file cannot be read.
    """
    return _checked(path, Params)


def load_sweeps(path: Path = paths.SWEEPS) -> dict[str, Sweep]:
    """Read and check a sweeps.yaml; raises as `load` does."""
    return _checked(path, Sweeps).root


def judge(values: Any) -> None:
    """Hold the values of a params.yaml to its rules; raises ParamsError naming what breaks one."""
    try:
        Params.model_validate(values)
    except ValidationError as error:
        raise ParamsError("; ".join(map(_explain, error.errors(include_url=False)))) from error


def _checked(path: Path, model: type[Model]) -> Model:
    try:
        document = read_document(path)
    except FileNotFoundError as error:
        reason = "does not exist"
        if path.is_symlink():
            reason = f"is a link to {name_of(path.readlink())}, which {reason}"
        raise ParamsError(f"{name_of(path)} {reason}: run from the repository root") from error
    except OSError as error:
        raise ParamsError(f"{name_of(path)} cannot be read: {error.strerror}") from error
    except ReadingError as error:
        raise ParamsError(str(error)) from error
    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    lines = [
        f"line {document.line(fault['loc'])}: {_explain(fault)}" for fault in faults[:MOST_FAULTS]
    ]
    if len(faults) == 1:
        raise ParamsError(f"{name_of(path)}, {lines[0]}")
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS} more")
    raise ParamsError(f"{name_of(path)}:\n  " + "\n  ".join(lines))


def _explain(fault: Any) -> str:
    name = shortened(printable(".".join(map(str, fault["loc"])))) or "the file"
    received = shown(fault["input"])
    match fault["type"]:
        case "extra_forbidden":
            return f"{name}: there is no such parameter; received {received}: check its spelling"
        case "missing":
            return f"{name}: is missing: add it"
    is_number = isinstance(fault["input"], str) and _is_number(fault["input"])
    hint = ": this is text, not a number: write it without quotes" if is_number else ""
    rule = shortened(printable(fault["msg"].lower()))
    return f"{name}: {rule}; received {received} ({type(fault['input']).__name__}){hint}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
