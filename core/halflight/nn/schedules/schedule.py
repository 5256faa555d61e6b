"""LearningRateSchedule: the rate as a function of the number of steps made."""

import math
from dataclasses import dataclass
from typing import Any

from halflight.nn.configuration import configuration


@dataclass(frozen=True)
class LearningRateSchedule:
    """A learning rate that changes from step to step."""

    def __call__(self, step: int) -> float:
        """Return the rate of the step after `step` steps."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)


@dataclass(frozen=True)
class Constant(LearningRateSchedule):
    """The same rate always; what a plain number stands for."""

    learning_rate: float

    def __post_init__(self) -> None:
        """Require a rate of zero or more."""
        check_rates(self, "learning_rate")

    def __call__(self, step: int) -> float:
        """Return the rate."""
        return self.learning_rate


def check_rates(schedule: LearningRateSchedule, *names: str) -> None:
    """Raise ValueError unless these arguments are finite and not negative."""
    for name in names:
        value = getattr(schedule, name)
        if not is_number(value) or value < 0.0:
            fail(schedule, name, "must be finite and not negative")


def check_positive(schedule: LearningRateSchedule, *names: str) -> None:
    """Raise ValueError unless these arguments are finite and above zero."""
    for name in names:
        value = getattr(schedule, name)
        if not is_number(value) or value <= 0.0:
            fail(schedule, name, "must be finite and above zero")


def check_steps(schedule: LearningRateSchedule, *names: str) -> None:
    """Raise ValueError unless these arguments are positive integers."""
    for name in names:
        value = getattr(schedule, name)
        if type(value) is not int or value < 1:
            fail(schedule, name, "must be a positive integer")


def is_number(value: object) -> bool:
    """Whether `value` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def fail(schedule: LearningRateSchedule, name: str, rule: str) -> None:
    """Raise the ValueError that names the schedule, the argument, the rule and the value."""
    value = getattr(schedule, name)
    raise ValueError(f"{type(schedule).__name__}: {name} {rule}, received {value!r}")
