"""Losses: what training makes small, by Keras's names."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.losses.crossentropy import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
)
from halflight.nn.losses.ctc import CTC
from halflight.nn.losses.distribution import (
    GaussianNLL,
    KLDivergence,
    Poisson,
    Quantile,
    StandardNormalKL,
    StudentNLL,
)
from halflight.nn.losses.function import Formula
from halflight.nn.losses.function import FunctionLoss as _FunctionLoss
from halflight.nn.losses.loss import Loss
from halflight.nn.losses.margin import CategoricalHinge, Exponential, Hinge, SquaredHinge
from halflight.nn.losses.overlap import Dice, Tversky
from halflight.nn.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry

LOSSES = Registry[Loss]("loss", Loss, snake_case)
LOSSES.collect(
    globals(),
    bce="BinaryCrossentropy",
    kld="KLDivergence",
    mae="MeanAbsoluteError",
    mape="MeanAbsolutePercentageError",
    mse="MeanSquaredError",
    msle="MeanSquaredLogarithmicError",
)
"""Every loss, by Keras's string, that a saved model may name."""


def get(loss: str | Loss | Mapping[str, Any] | Formula) -> Loss:
    """Return a loss from its name, its configuration, itself, or a plain function.

    Raises:
        ValueError: there is no loss of that name.
    """
    if callable(loss) and not isinstance(loss, Loss | type):
        return _FunctionLoss(loss)
    return LOSSES.make(loss)  # type: ignore[arg-type]
