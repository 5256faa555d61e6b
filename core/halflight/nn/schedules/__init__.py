"""Learning-rate schedules: those of Keras 3, stairs, and one cycle."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from halflight.nn.configuration import construct
from halflight.nn.schedules.cosine import CosineDecay, CosineDecayRestarts, OneCycle
from halflight.nn.schedules.decay import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)
from halflight.nn.schedules.schedule import Constant, LearningRateSchedule

__all__ = [
    "SCHEDULES",
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRate",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "StepDecay",
    "get",
]

LearningRate: TypeAlias = float | LearningRateSchedule

SCHEDULES: Mapping[str, type[LearningRateSchedule]] = {
    cls.__name__: cls
    for cls in (
        *(Constant, CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay),
        *(OneCycle, PiecewiseConstantDecay, PolynomialDecay, StepDecay),
    )
}


def get(learning_rate: LearningRate | Mapping[str, Any]) -> LearningRateSchedule:
    """Return a schedule: itself, that of a configuration, or the constant one of a number.

    Raises:
        ValueError: the number is no rate, or the configuration no schedule's.
    """
    if isinstance(learning_rate, LearningRateSchedule):
        return learning_rate
    if isinstance(learning_rate, Mapping):
        built: LearningRateSchedule = construct(learning_rate, SCHEDULES, "schedule")
        return built
    return Constant(learning_rate)
