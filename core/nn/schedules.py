"""Learning-rate schedules: the rate as a function of the number of steps made."""

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class LearningRateSchedule:
    """A learning rate that changes from step to step."""

    def __call__(self, step: int) -> float:
        """Return the rate of the step after `step` steps."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(LearningRateSchedule):
    """The same rate always; what a plain number stands for."""

    learning_rate: float

    def __post_init__(self) -> None:
        """Require a rate of zero or more."""
        _check(self, learning_rate=self.learning_rate)

    def __call__(self, step: int) -> float:
        """Return the rate."""
        return self.learning_rate


@dataclass(frozen=True)
class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate ^ (step / decay_steps); in steps if `staircase`."""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        """Require a rate of zero or more and at least one step."""
        _check(self, initial_learning_rate=self.initial_learning_rate, decay_rate=self.decay_rate)
        _check_steps(self, decay_steps=self.decay_steps)

    def __call__(self, step: int) -> float:
        """Return the decayed rate."""
        exponent = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(exponent) if self.staircase else exponent
        )


@dataclass(frozen=True)
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate to `alpha` times it, after an optional linear warm-up.

    As in Keras: with a `warmup_target`, the rate first climbs from initial_learning_rate to it in
    `warmup_steps`, and the cosine falls from there over the `decay_steps` that follow. Loshchilov &
    Hutter 2017, equation 5, without restarts.
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        """Require rates of zero or more and sensible numbers of steps."""
        _check(self, initial_learning_rate=self.initial_learning_rate, alpha=self.alpha)
        _check_steps(self, decay_steps=self.decay_steps)
        if self.warmup_target is not None:
            _check(self, warmup_target=self.warmup_target)
            _check_steps(self, warmup_steps=self.warmup_steps)
        elif self.warmup_steps:
            raise ValueError(
                f"CosineDecay: warmup_steps = {self.warmup_steps} needs a warmup_target, "
                "received None"
            )

    def __call__(self, step: int) -> float:
        """Return the rate on the way up or down."""
        peak = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                climbed = step / self.warmup_steps
                return peak + climbed * (self.warmup_target - peak)
            peak, step = self.warmup_target, step - self.warmup_steps
        progress = min(step / self.decay_steps, 1.0)
        cosine = 0.5 * (1.0 + math.cos(math.pi * progress))
        return peak * ((1.0 - self.alpha) * cosine + self.alpha)


LearningRate: TypeAlias = float | LearningRateSchedule


def get(learning_rate: LearningRate) -> LearningRateSchedule:
    """Return a schedule: itself, or the constant one of a number."""
    if isinstance(learning_rate, LearningRateSchedule):
        return learning_rate
    return Constant(learning_rate)


def _check(schedule: LearningRateSchedule, **values: float) -> None:
    for name, value in values.items():
        if isinstance(value, bool | str) or not 0.0 <= value < math.inf:
            raise ValueError(
                f"{type(schedule).__name__}: {name} must be finite and not negative, "
                f"received {value!r}"
            )


def _check_steps(schedule: LearningRateSchedule, **values: int) -> None:
    for name, value in values.items():
        if type(value) is not int or value < 1:
            raise ValueError(
                f"{type(schedule).__name__}: {name} must be a positive integer, received {value!r}"
            )
