"""The circumstances of a run, which change no result: commit, machine, time and memory, changes.

They differ from run to run, so they stand in a file beside the page, whose own bytes do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halflight.report.formatting import THIN_SPACE, format_number, format_parameter
from halflight.report.section import Table

UNKNOWN = "not recorded"
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True)
class StageRun:
    """How one stage ran when it made what lies here; None where that is not recorded.

    Attributes:
        stage: its name, as DVC has it.
        seconds, cpu_seconds: by the clock, and of all its processes together.
        peak_memory: bytes, of its largest process.
        processors: that it might use.
        commit: of the code it ran from, with "+" where files differed from it.
        started: when, in UTC.
        why: what there is instead where nothing is recorded.
    """

    stage: str
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    processors: int | None = None
    commit: str = ""
    started: str = ""
    why: str = ""


@dataclass(frozen=True)
class Circumstances:
    """All that is known of a run beside its results.

    Attributes:
        facts: what there is to say in one line each, by name.
        stages: in the order in which they run.
        changed: parameters that are not the committed ones, as (name, committed, here); None where
            there is nothing to compare with.
        compared: with what they are compared, or why they are not.
    """

    facts: Mapping[str, str]
    stages: Sequence[StageRun]
    changed: Sequence[tuple[str, Any, Any]] | None = None
    compared: str = ""
    notes: Sequence[str] = field(default_factory=tuple)


def duration(seconds: float | None) -> str:
    """Seconds in words: 0.3 s, 42 s, 3 min 20 s, 2 h 5 min."""
    if seconds is None:
        return UNKNOWN
    if seconds < 10:
        return f"{seconds:.1f}{THIN_SPACE}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}{THIN_SPACE}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}{THIN_SPACE}min {whole % _MINUTE}{THIN_SPACE}s"
    return f"{whole // _HOUR}{THIN_SPACE}h {whole % _HOUR // _MINUTE}{THIN_SPACE}min"


def size(count: int | None) -> str:
    """Bytes in words, with three digits."""
    if count is None:
        return UNKNOWN
    for unit, name in _UNITS:
        if count >= unit:
            return f"{format_number(count / unit)}{THIN_SPACE}{name}"
    return f"{count}{THIN_SPACE}bytes"


def tables(known: Circumstances) -> list[Table]:
    """The facts, the stages and the changed parameters, a table each."""
    facts = [[name, value] for name, value in known.facts.items()]
    stages = [
        [
            run.stage,
            duration(run.seconds) if not run.why else run.why,
            *([duration(run.cpu_seconds), size(run.peak_memory)] if not run.why else ["", ""]),
            "" if run.processors is None else str(run.processors),
            run.commit,
            run.started,
        ]
        for run in known.stages
    ]
    measured = [run.seconds for run in known.stages if run.seconds is not None]
    if measured:
        cpu = [run.cpu_seconds for run in known.stages if run.cpu_seconds is not None]
        memory = [run.peak_memory for run in known.stages if run.peak_memory is not None]
        sums = [duration(sum(measured)), duration(sum(cpu)), size(max(memory, default=None))]
        stages.append(["all of these", *sums, "", "", ""])
    columns = ["stage", "time", "processors' time", "largest process", "processors", "commit"]
    made = [
        Table("This run", ["what", "value"], facts),
        Table("Time and memory of each stage", [*columns, "started (UTC)"], stages),
    ]
    if known.changed is None:
        return made
    changed = [
        [name, *("absent" if value is ABSENT else format_parameter(value) for value in values)]
        for name, *values in known.changed
    ]
    title = f"Parameters that differ from those of {known.compared}"
    empty = "none: it is the default run"
    return [*made, Table(title, ["parameter", "committed", "here"], changed, empty=empty)]


class _Absent:
    """No such parameter on one side."""


ABSENT = _Absent()
