"""What the page says of each task: its section, read from what the stages wrote, by its kind."""

from pathlib import Path
from types import ModuleType

from halflight import params, tasks
from halflight.paths import TaskPaths
from halflight.report.section import Section
from stages.sections import classification, measurement

KINDS: dict[str, ModuleType] = {
    tasks.Measurement.kind: measurement,
    tasks.Classification.kind: classification,
}
"""By the kind of a task, what has `section` and `needs`."""
NAMES = tasks.NAMES
"""The tasks that the page has a section of, in their order."""


def section(everything: params.Params, name: str) -> Section:
    """What the page says of a task.

    Raises ValueError, naming the file, where one is damaged or of another run.
    """
    task = tasks.get(name)
    found: Section = KINDS[task.kind].section(everything, TaskPaths(name), task)
    return found


def missing(names: tuple[str, ...]) -> dict[Path, str]:
    """The files that the sections of these tasks need and that are not there, with their stages."""
    needed: dict[Path, str] = {}
    for name in names:
        needed |= KINDS[tasks.get(name).kind].needs(TaskPaths(name))
    return {path: stage for path, stage in needed.items() if not path.exists()}
