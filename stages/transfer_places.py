"""Places of the transfer study: its skies, and where the stamps of each are kept."""

from halflight.paths import TaskPaths
from halflight.text import shown

SKIES = ("sandbox", "injected", "recorded")
"""A synthetic survey, synthetic galaxies in a survey's frames, and a survey's own galaxies."""


def place_of(task: str, sky: str) -> TaskPaths:
    """Where the stamps of a sky are kept. Raises ValueError for one that the study has not."""
    if sky not in SKIES:
        raise ValueError(f"sky must be one of {', '.join(SKIES)}; received {shown(sky)}")
    return TaskPaths(task).of_study(f"transfer/{sky}")
