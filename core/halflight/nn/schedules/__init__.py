"""Learning-rate schedules: those of Keras 3, stairs, and one cycle."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from halflight.nn.registry import Registry
from halflight.nn.schedules.cosine import CosineDecay, CosineDecayRestarts, OneCycle
from halflight.nn.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)
from halflight.nn.schedules.schedule import Constant, LearningRateSchedule

LearningRate: TypeAlias = float | LearningRateSchedule

SCHEDULES = Registry[LearningRateSchedule]("schedule", LearningRateSchedule)
SCHEDULES.collect(globals())
"""Every schedule that a saved model may name."""


def get(learning_rate: LearningRate | Mapping[str, Any]) -> LearningRateSchedule:
    """Return a schedule: itself, that of a configuration, or the constant one of a number.

    Raises:
        ValueError: the number is no rate, or the configuration no schedule's.
    """
    if isinstance(learning_rate, LearningRateSchedule):
        return learning_rate
    if isinstance(learning_rate, Mapping):
        return SCHEDULES.construct(learning_rate)
    return Constant(learning_rate)
