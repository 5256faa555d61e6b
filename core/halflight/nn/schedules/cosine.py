"""Schedules along a cosine: one fall, falls with restarts, and one cycle up and down."""

import math
from dataclasses import dataclass

from halflight.nn.checks import COUNT, NOT_NEGATIVE, POSITIVE, check, choice, integer, number
from halflight.nn.schedules.schedule import LearningRateSchedule


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
        check(self, NOT_NEGATIVE, "initial_learning_rate", "alpha")
        check(self, COUNT, "decay_steps")
        if self.warmup_target is not None:
            check(self, NOT_NEGATIVE, "warmup_target")
            check(self, integer(least=0), "warmup_steps")
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
        return peak * ((1.0 - self.alpha) * _cosine(progress) + self.alpha)


@dataclass(frozen=True)
class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after the other, each `t_mul` times as long and `m_mul` times as high.

    The first takes `first_decay_steps`; all end at alpha * initial_learning_rate. Loshchilov &
    Hutter 2017, equation 5.
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        """Require rates of zero or more, at least one step, and periods that do not shrink."""
        check(self, NOT_NEGATIVE, "initial_learning_rate", "m_mul", "alpha")
        check(self, COUNT, "first_decay_steps")
        check(self, number(least=1), "t_mul")

    def __call__(self, step: int) -> float:
        """Return the rate of the period that `step` falls into."""
        begin, length, height = 0.0, float(self.first_decay_steps), 1.0
        if self.t_mul == 1.0:
            periods = step // self.first_decay_steps
            begin, height = periods * length, self.m_mul**periods
        while step >= begin + length:
            begin, length, height = begin + length, length * self.t_mul, height * self.m_mul
        share = (1.0 - self.alpha) * height * _cosine((step - begin) / length) + self.alpha
        return self.initial_learning_rate * share


@dataclass(frozen=True)
class OneCycle(LearningRateSchedule):
    """Up to a large rate and down to a tiny one, once. Smith & Topin 2018 (arXiv:1708.07120).

    From max_learning_rate / div_factor to max_learning_rate over the first share `pct_start` of
    `total_steps`, then down to max_learning_rate / final_div_factor at the last step, where it
    stays.

    Attributes:
        anneal: "cos" or "linear", the shape of both ways.
    """

    max_learning_rate: float
    total_steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 10000.0
    anneal: str = "cos"

    def __post_init__(self) -> None:
        """Require a positive share and divisors, and a way down of at least one step."""
        check(self, NOT_NEGATIVE, "max_learning_rate")
        check(self, COUNT, "total_steps")
        check(self, number(above=0, below=1), "pct_start")
        check(self, POSITIVE, "div_factor", "final_div_factor")
        check(self, choice("cos", "linear"), "anneal")

    def __call__(self, step: int) -> float:
        """Return the rate on the way up or down."""
        top = self.pct_start * self.total_steps
        first = self.max_learning_rate / self.div_factor
        if step < top:
            return self._between(first, self.max_learning_rate, step / top)
        last = self.max_learning_rate / self.final_div_factor
        progress = min((step - top) / max(self.total_steps - 1 - top, 1.0), 1.0)
        return self._between(self.max_learning_rate, last, progress)

    def _between(self, begin: float, end: float, progress: float) -> float:
        share = _cosine(progress) if self.anneal == "cos" else 1.0 - progress
        return end + (begin - end) * share


def _cosine(progress: float) -> float:
    """Half a cosine from 1 to 0 as `progress` goes from 0 to 1."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))
