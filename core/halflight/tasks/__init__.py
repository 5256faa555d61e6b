"""The tasks: what is measured, one file each; stages and report ask the task and name no quantity.

`get(name)` imports the file `tasks/NAME.py` and returns its `TASK`: a stage of one task does not
depend on the files of the others.
"""

import importlib

from halflight.tasks.quantity import Quantity
from halflight.tasks.task import Task
from halflight.text import shown

__all__ = ["NAMES", "Quantity", "Task", "get"]

NAMES = ("radius",)


def get(name: str) -> Task:
    """Return the task called `name`.

    Raises:
        ValueError: there is no such task.
    """
    if name not in NAMES:
        raise ValueError(f"there is no task {shown(name)}: choose one of {', '.join(NAMES)}")
    task: Task = importlib.import_module(f"{__name__}.{name}").TASK
    return task
