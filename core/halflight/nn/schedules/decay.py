"""Schedules that fall: by exponentials, powers, fractions and steps."""

import math
from bisect import bisect_left
from dataclasses import dataclass

from halflight.nn.checks import BOOLEAN, COUNT, NOT_NEGATIVE, as_python, broken, check, is_integer
from halflight.nn.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate ^ (step / decay_steps); in steps if `staircase`."""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        """Require a rate of zero or more and at least one step."""
        check(self, NOT_NEGATIVE, "initial_learning_rate", "decay_rate")
        check(self, COUNT, "decay_steps")
        check(self, BOOLEAN, "staircase")

    def __call__(self, step: int) -> float:
        """Return the decayed rate."""
        exponent = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(exponent) if self.staircase else exponent
        )


@dataclass(frozen=True)
class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps); in steps if `staircase`."""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        """Require a rate of zero or more and at least one step."""
        check(self, NOT_NEGATIVE, "initial_learning_rate", "decay_rate")
        check(self, COUNT, "decay_steps")
        check(self, BOOLEAN, "staircase")

    def __call__(self, step: int) -> float:
        """Return the decayed rate."""
        periods = step / self.decay_steps
        if self.staircase:
            periods = math.floor(periods)
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)


@dataclass(frozen=True)
class PolynomialDecay(LearningRateSchedule):
    """From the initial to the end rate as (1 - step / decay_steps) ^ power.

    Afterwards the rate stays; with `cycle`, decay_steps is instead stretched to its next multiple
    that is not yet passed, as in Keras.
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        """Require rates and a power of zero or more, and at least one step."""
        check(self, NOT_NEGATIVE, "initial_learning_rate", "end_learning_rate")
        check(self, NOT_NEGATIVE, "power")
        check(self, COUNT, "decay_steps")

    def __call__(self, step: int) -> float:
        """Return the decayed rate."""
        total = self.decay_steps
        if self.cycle:
            total *= max(1, math.ceil(step / self.decay_steps))
        remaining = 1.0 - min(step, total) / total
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * remaining**self.power + self.end_learning_rate


@dataclass(frozen=True)
class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], values[1] up to boundaries[1], and so on.

    There is one value more than boundaries; the last holds for good.
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Require rates of zero or more and increasing boundaries, one fewer than the values."""
        for name in ("boundaries", "values"):
            if not isinstance(getattr(self, name), tuple | list):
                raise broken(self, f"{name} must be a sequence", getattr(self, name))
            object.__setattr__(self, name, tuple(as_python(tuple(getattr(self, name)))))
        if not all(map(NOT_NEGATIVE.holds, self.values)):
            raise broken(self, "values must be finite numbers of at least 0", self.values)
        steps = self.boundaries
        if not all(map(is_integer, steps)) or list(steps) != sorted(set(steps)):
            raise broken(self, "boundaries must be increasing integers", self.boundaries)
        if len(self.values) != len(steps) + 1:
            rule = f"values must be one more than the {len(steps)} boundaries"
            raise broken(self, rule, self.values)

    def __call__(self, step: int) -> float:
        """Return the rate of the piece."""
        return self.values[bisect_left(self.boundaries, step)]


@dataclass(frozen=True)
class StepDecay(LearningRateSchedule):
    """initial_learning_rate * factor ^ floor(step / step_size): a stair of equal ratios."""

    initial_learning_rate: float
    step_size: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        """Require a rate of zero or more and at least one step."""
        check(self, NOT_NEGATIVE, "initial_learning_rate", "factor")
        check(self, COUNT, "step_size")

    def __call__(self, step: int) -> float:
        """Return the rate of the stair."""
        return self.initial_learning_rate * self.factor ** (step // self.step_size)
