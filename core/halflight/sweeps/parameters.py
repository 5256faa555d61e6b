"""Parameters: a sweep's settings laid over those of a params.yaml."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from halflight.text import shown

if TYPE_CHECKING:
    from halflight import params


def changed(values: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values with settings by dotted names; a + before one says that it is not there yet.

    Raises ValueError for a name that is not there, for one that is and has a +, and for one of no
    section.
    """
    made = copy.deepcopy(dict(values))
    for key, value in settings.items():
        *path, last = key.removeprefix("+").split(".")
        node: Any = made
        for part in path:
            if not isinstance(node, dict) or part not in node:
                raise ValueError(f"params.yaml has no section for {shown(key)}: check its spelling")
            node = node[part]
        if not isinstance(node, dict) or (last in node) == key.startswith("+"):
            fault = "already has" if key.startswith("+") else "has no"
            advice = "leave out the +" if key.startswith("+") else "check its spelling, or add a +"
            raise ValueError(f"params.yaml {fault} {shown(key.removeprefix('+'))}: {advice}")
        node[last] = value
    return made


def samples(sweep: params.Sweep) -> Iterator[dict[str, Any]]:
    """Settings that hold every value of every list, and both ends of every range, once or more."""
    listed = {
        name: list(of) if isinstance(of, tuple) else [of.low, of.high]
        for name, of in sweep.parameters.items()
    }
    first = {name: values[0] for name, values in listed.items()}
    for name, values in listed.items():
        for value in values:
            yield {**sweep.settings, **first, name: value}


def before(sweep: params.Sweep, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a params.yaml has of the names that a sweep sets, without those that it lacks."""
    found = {}
    for key in (*sweep.parameters, *sweep.settings):
        node: Any = values
        for part in key.removeprefix("+").split("."):
            node = node.get(part, _ABSENT) if isinstance(node, dict) else _ABSENT
        if node is not _ABSENT:
            found[key.removeprefix("+")] = node
    return found


_ABSENT = object()
