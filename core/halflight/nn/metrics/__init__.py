"""Metrics: what is reported of an epoch beside its loss, by Keras's names."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.configuration import construct
from halflight.nn.losses import Loss
from halflight.nn.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from halflight.nn.metrics.confusion import AUC, Precision, Recall
from halflight.nn.metrics.metric import Metric
from halflight.nn.metrics.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)

__all__ = [
    "AUC",
    "METRICS",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "get",
    "resolve",
]

_NAMES: Mapping[str, type[Metric]] = {
    "auc": AUC,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "precision": Precision,
    "r2_score": R2Score,
    "recall": Recall,
    "root_mean_squared_error": RootMeanSquaredError,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
}
_ALIASES: Mapping[str, type[Metric]] = {"mae": MeanAbsoluteError, "mse": MeanSquaredError}
_CLASSES = {cls.__name__: cls for cls in _NAMES.values()}
METRICS: Mapping[str, type[Metric]] = {
    **_NAMES,
    **_ALIASES,
    **{alias.upper(): cls for alias, cls in _ALIASES.items()},
    **_CLASSES,
}
_ACCURACY = ("accuracy", "acc")


def get(metric: str | Metric | Mapping[str, Any]) -> Metric:
    """Return a metric from its name, its configuration {"class", "config"}, or itself.

    Raises:
        ValueError: no metric has that name.
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, Mapping):
        built: Metric = construct(metric, _CLASSES, "metric")
        return built
    if not isinstance(metric, str) or metric not in METRICS:
        hint = "; which accuracy is meant follows from a loss: resolve()" * (metric in _ACCURACY)
        raise ValueError(f"unknown metric {metric!r}; known are {', '.join(_NAMES)}{hint}")
    return METRICS[metric]()


def resolve(metric: str | Metric | Mapping[str, Any], loss: Loss, output_shape: Shape) -> Metric:
    """Return a metric as `get` does, and for "accuracy" or "acc" the one that fits the output.

    As in Keras: binary for one output, sparse categorical where several outputs go with one target,
    else categorical; it keeps the name that was asked for. Unlike Keras, the binary one decides
    where the loss does: at 0 for logits and margins.

    Raises:
        ValueError: no metric has that name, or the loss does not fit the output.
    """
    if not isinstance(metric, str) or metric not in _ACCURACY:
        return get(metric)
    if output_shape[-1] == 1:
        return BinaryAccuracy(loss.decision, name=metric)
    if loss.target_shape(output_shape)[-1] == 1:
        return SparseCategoricalAccuracy(name=metric)
    return CategoricalAccuracy(name=metric)
