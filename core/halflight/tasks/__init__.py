"""The tasks: what is learnt, one file each; stages and report ask the task and name no quantity.

`get(name)` imports the file `tasks/NAME.py` and returns its `TASK`: a stage of one task does not
depend on the files of the others.
"""

import importlib

from halflight.tasks.classification import Classification
from halflight.tasks.measurement import Measurement
from halflight.tasks.quantity import Quantity, Values
from halflight.tasks.task import Answers, Task
from halflight.text import shown

__all__ = [
    "NAMES",
    "Answers",
    "Classification",
    "Measurement",
    "Quantity",
    "Task",
    "Values",
    "classifying",
    "get",
    "measuring",
]

NAMES = ("radius", "star_galaxy")


def get(name: str) -> Task:
    """Return the task called `name`.

    Raises:
        ValueError: there is no such task.
    """
    if name not in NAMES:
        raise ValueError(f"there is no task {shown(name)}: choose one of {', '.join(NAMES)}")
    task: Task = importlib.import_module(f"{__name__}.{name}").TASK
    return task


def measuring(task: Task) -> Measurement:
    """The task, which must be one that measures quantities.

    Raises:
        ValueError: it gives a probability.
    """
    if not isinstance(task, Measurement):
        raise ValueError(f"task {task.name} measures no quantity: this is for one that does")
    return task


def classifying(task: Task) -> Classification:
    """The task, which must be one that gives a probability.

    Raises:
        ValueError: it measures quantities.
    """
    if not isinstance(task, Classification):
        raise ValueError(f"task {task.name} tells no classes: this is for one that does")
    return task
