"""LearningRateSchedule: the rate as a function of the number of steps made."""

from dataclasses import dataclass
from typing import Any

from halflight.nn.checks import NOT_NEGATIVE, check
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
        check(self, NOT_NEGATIVE, "learning_rate")

    def __call__(self, step: int) -> float:
        """Return the rate."""
        return self.learning_rate
