"""Changes: the numbers that are other in one tree of values than in another."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from halflight.reading import read_json


class Change(NamedTuple):
    """A value before and after, by its dotted name; ABSENT where there is none."""

    name: str
    before: Any
    after: Any

    @property
    def words(self) -> tuple[str, str, str]:
        """Both values, and the difference of two numbers in percent, for a table."""
        numbers = [v for v in (self.before, self.after) if isinstance(v, int | float)]
        moved = ""
        if len(numbers) == 2 and not any(isinstance(v, bool) for v in numbers) and numbers[0]:
            moved = f"{100 * (numbers[1] - numbers[0]) / abs(numbers[0]):+.2g} %"
        return _word(self.before), _word(self.after), moved


ABSENT = object()
"""Stands for a value that is not there."""


def changes(before: Any, after: Any) -> list[Change]:
    """Every value of two nested mappings that is not the same in both, in order of names.

    A list is one value. An integer and a float that are equal are the same, as to YAML's readers.
    """
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        Change(name, old.get(name, ABSENT), new.get(name, ABSENT))
        for name in sorted(old.keys() | new.keys())
        if old.get(name, ABSENT) != new.get(name, ABSENT)
    ]


def metrics_of(root: Path) -> dict[str, Any]:
    """Every task's metrics below a checkout, by the task; raises ReadingError for a broken file."""
    files = sorted((root / "reports/metrics").glob("*/metrics.json"))
    return {file.parent.name: read_json(file) for file in files}


def _leaves(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, node


def _word(value: Any) -> str:
    if value is ABSENT:
        return "-"
    if isinstance(value, float):
        return f"{value:.5g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
