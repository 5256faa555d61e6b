"""Search: the settings of each experiment of a sweep, from its number and the results so far."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from halflight.sweeps.experiment import Experiment

if TYPE_CHECKING:
    from halflight import params

DIGITS = 4  # significant ones of a number drawn from a range: more would say nothing

Settings = dict[str, Any]


def count(sweep: params.Sweep) -> int:
    """How many experiments a sweep asks for."""
    if sweep.search == "grid":
        return math.prod(len(values) for values in choices(sweep).values())
    return int(sweep.trials or 0)


def settings_of(sweep: params.Sweep, number: int, past: Sequence[Experiment]) -> Settings:
    """The settings of experiment `number`, from 0, which follow from it alone unless it learns.

    past: the other experiments of the sweep, with their results or still without; only a Bayesian
    search looks at them.
    """
    if sweep.search == "grid":
        combinations = itertools.product(*choices(sweep).values())
        return dict(
            zip(sweep.parameters, next(itertools.islice(combinations, number, None)), strict=True)
        )
    if sweep.search == "random":
        return _drawn(sweep, np.random.default_rng([sweep.seed, number]))
    from halflight.sweeps import bayesian  # takes a second, and only this search needs it

    return {
        name: rounded(value, sweep.parameters[name])
        for name, value in bayesian.proposed(sweep, number, past).items()
    }


def choices(sweep: params.Sweep) -> Mapping[str, Sequence[Any]]:
    """The lists of a sweep's parameters, by name; a range is in none."""
    return {name: of for name, of in sweep.parameters.items() if isinstance(of, tuple)}


def rounded(value: Any, of: Sequence[Any] | params.Between) -> Any:
    """A number from a range to `DIGITS` digits, within the range; anything else as it is."""
    if isinstance(of, tuple) or not isinstance(value, float):
        return value
    assert not isinstance(of, Sequence)
    return min(max(float(f"{value:.{DIGITS}g}"), of.low), of.high)


def _drawn(sweep: params.Sweep, rng: np.random.Generator) -> Settings:
    return {name: rounded(_draw(of, rng), of) for name, of in sweep.parameters.items()}


def _draw(of: Sequence[Any] | params.Between, rng: np.random.Generator) -> Any:
    if isinstance(of, Sequence):
        return of[int(rng.integers(len(of)))]
    if not of.log:
        if of.whole:
            return int(rng.integers(int(of.low), int(of.high) + 1))
        return float(rng.uniform(of.low, of.high))
    if not of.whole:
        return float(np.exp(rng.uniform(np.log(of.low), np.log(of.high))))
    # Half a step beyond both ends, so that these are as likely as their neighbours.
    drawn = np.exp(rng.uniform(np.log(of.low - 0.5), np.log(of.high + 0.5)))
    return int(np.clip(np.rint(drawn), of.low, of.high))
