"""Losses: what training makes small, by Keras's names."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.configuration import construct
from halflight.nn.losses.crossentropy import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalCrossentropy,
)
from halflight.nn.losses.distribution import (
    GaussianNLL,
    KLDivergence,
    Poisson,
    Quantile,
    StandardNormalKL,
)
from halflight.nn.losses.loss import Loss
from halflight.nn.losses.margin import CategoricalHinge, Exponential, Hinge, SquaredHinge
from halflight.nn.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)

__all__ = [
    "LOSSES",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Exponential",
    "GaussianNLL",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Quantile",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "StandardNormalKL",
    "get",
]

_NAMES: Mapping[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "binary_focal_crossentropy": BinaryFocalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_focal_crossentropy": CategoricalFocalCrossentropy,
    "categorical_hinge": CategoricalHinge,
    "cosine_similarity": CosineSimilarity,
    "exponential": Exponential,
    "gaussian_nll": GaussianNLL,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "log_cosh": LogCosh,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "quantile": Quantile,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "squared_hinge": SquaredHinge,
    "standard_normal_kl": StandardNormalKL,
}
_ALIASES: Mapping[str, type[Loss]] = {
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_CLASSES = {cls.__name__: cls for cls in _NAMES.values()}
LOSSES: Mapping[str, type[Loss]] = {
    **_NAMES,
    **_ALIASES,
    **{alias.upper(): cls for alias, cls in _ALIASES.items()},
    **_CLASSES,
}


def get(loss: str | Loss | Mapping[str, Any]) -> Loss:
    """Return a loss from its name, its configuration {"class", "config"}, or itself.

    Raises:
        ValueError: no loss has that name.
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, Mapping):
        built: Loss = construct(loss, _CLASSES, "loss")
        return built
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"unknown loss {loss!r}; known are {', '.join(_NAMES)}")
    return LOSSES[loss]()
