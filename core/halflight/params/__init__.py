"""The schema of params.yaml, and the only part that reads it: an unknown key is an error.

Units and meanings stand in params.yaml, beside the values; here stand the rules.
"""

import math
from pathlib import Path
from typing import Any, Self, TypeVar

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
    RealSky,
    Train,
    Transfer,
    TransferInjected,
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
from halflight.params.own_images import OwnImages
from halflight.params.rules import Endpoint, Section
from halflight.params.sandbox import Sandbox
from halflight.params.simulate import (
    Full,
    Injected,
    OutOfDomain,
    Simulate,
    SimulateSources,
    Tiers,
    Trainings,
)
from halflight.params.survey import Survey, TaskSurvey
from halflight.params.sweeps import Between, Sweep, Sweeps
from halflight.params.tasks import RadiusParams, StarGalaxyParams, TaskParams
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
    "Full",
    "Injected",
    "Judges",
    "Network",
    "OutOfDomain",
    "OwnImages",
    "Params",
    "ParamsError",
    "Prepare",
    "PrepareBands",
    "RadiusFineTune",
    "RadiusParams",
    "RealSky",
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
    "Trainings",
    "Transfer",
    "TransferInjected",
    "judge",
    "load",
    "load_own_images",
    "load_sweeps",
    "read",
]


MOST_FAULTS = 20  # of a file, named one a line: more would run off the screen


Model = TypeVar("Model", bound=BaseModel)


class ParamsError(ValueError):
    """A parameter that breaks a rule; the message names it, the rule and the value received."""


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
        for task, section in self:
            if isinstance(section, TaskParams) and endpoint not in section.survey.selection:
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


def load_own_images(path: Path = paths.REPORTS / "own_images" / "study.yaml") -> OwnImages:
    """Read and check what the study of own images does; raises as `load` does."""
    return _checked(path, OwnImages)


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
