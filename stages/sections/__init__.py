"""What the page says of each task: its section, read from what the stages wrote, by task."""

from collections.abc import Callable
from pathlib import Path

from halflight import params, tasks
from halflight.paths import TaskPaths
from halflight.report.section import Section
from stages.sections import classification, measurement

Maker = Callable[[params.Params, TaskPaths, tasks.Task], Section]

MAKERS: dict[str, Maker] = {
    "radius": measurement.section,
    "star_galaxy": classification.section,
}
NAMES = tuple(name for name in tasks.NAMES if name in MAKERS)
"""The tasks that the page has a section of, in their order."""
NEEDS: dict[str, Callable[[TaskPaths], dict[Path, str]]] = {
    "radius": measurement.needs,
    "star_galaxy": classification.needs,
}


def missing(names: tuple[str, ...]) -> dict[Path, str]:
    """The files that the sections of these tasks need and that are not there, with their stages."""
    needed = {path: stage for name in names for path, stage in NEEDS[name](TaskPaths(name)).items()}
    return {path: stage for path, stage in needed.items() if not path.exists()}
