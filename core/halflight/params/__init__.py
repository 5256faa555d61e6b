"""The schema of params.yaml, and the only part that reads it: an unknown key is an error.

Units and meanings stand in params.yaml, beside the values; here stand the rules.
"""

from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ValidationError, model_validator

from halflight import paths
from halflight.params.learning import Capacity, FineTune, Fit, Network, Train
from halflight.params.measuring import Classical, Evaluate, Prepare, Report, Split
from halflight.params.rules import Endpoint, Section
from halflight.params.sandbox import Sandbox
from halflight.params.simulate import Simulate
from halflight.params.survey import Survey, TaskSurvey

__all__ = [
    "Capacity",
    "Classical",
    "Endpoint",
    "Evaluate",
    "FineTune",
    "Fit",
    "Network",
    "Params",
    "ParamsError",
    "Prepare",
    "Report",
    "Sandbox",
    "Simulate",
    "Split",
    "Survey",
    "TaskParams",
    "TaskSurvey",
    "Train",
    "load",
    "read",
]


class ParamsError(ValueError):
    """A parameter that breaks a rule; the message names it, the rule and the value received."""


class TaskParams(Section):
    """The sections of one task, each read by one stage or more."""

    survey: TaskSurvey
    simulate: Simulate
    prepare: Prepare
    classical: Classical
    train: Train
    finetune: FineTune
    evaluate: Evaluate


class Params(Section):
    """The whole of params.yaml: what all tasks share, and a section for each task."""

    survey: Survey
    sandbox: Sandbox
    radius: TaskParams
    report: Report
    capacity: Capacity

    @model_validator(mode="after")
    def _endpoint_is_known_to_every_task(self) -> Self:
        endpoint = self.survey.endpoint
        if endpoint not in self.radius.survey.selection:
            raise ValueError(
                f"radius.survey.selection has no profile for the endpoint {endpoint!r}"
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
            raise ParamsError(f"{path}: there is no section {name!r}")
        found.append(node)
    return found[0] if len(found) == 1 else tuple(found)


def load(path: Path = paths.PARAMS) -> Params:
    """Read and check a params.yaml, whole.

    Raises ParamsError naming every parameter that is missing, unknown, mistyped or out of range,
    with the rule and the value received.
    """
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)
    except FileNotFoundError as error:
        raise ParamsError(f"{path} does not exist: run from the repository root") from error
    except yaml.YAMLError as error:
        raise ParamsError(f"{path} is not valid YAML: {error}") from error
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        lines = [_explain(detail) for detail in error.errors(include_url=False)]
        raise ParamsError(f"{path}:\n  " + "\n  ".join(lines)) from error


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses a key written twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, or raise ConstructorError at the second of two equal keys."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _explain(detail: Any) -> str:
    name = ".".join(str(part) for part in detail["loc"]) or "the file"
    received = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return f"{name}: there is no such parameter; received {received!r}: check its spelling"
        case "missing":
            return f"{name}: is missing: add it"
    hint = ""
    if isinstance(received, str) and _is_number(received):
        hint = (
            f": this is text, not a number; YAML reads an exponent only after a decimal point, "
            f"so write {float(received)!r} unquoted"
        )
    return (
        f"{name}: {detail['msg'].lower()}; received {received!r} ({type(received).__name__}){hint}"
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
