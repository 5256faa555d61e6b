"""Runs: the default run's estimator beside the one that the package comes with."""

from halflight import models
from halflight.paths import TaskPaths
from halflight.tasks import Measurement
from stages.trained import Trained

DEFAULT, PACKAGE = "default", "package"
WORDS = (
    f"Run: {DEFAULT}, the estimator that `dvc repro` trains; {PACKAGE}, the one that halflight "
    "comes with (`halflight models`), which `halflight measure` uses."
)
"""What the tables mean by them."""


def both_runs(task: Measurement, *, backend: str) -> tuple[Trained, Trained]:
    """The estimators of `DEFAULT` and `PACKAGE`, in this order; raises as `Trained.load`."""
    return (
        Trained.load(DEFAULT, TaskPaths(task.name).estimator, task, backend=backend),
        Trained.load(PACKAGE, models.find(), task, backend=backend),
    )
