"""Metrics: what is reported of an epoch beside its loss, by Keras's names."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.losses import Loss
from halflight.nn.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from halflight.nn.metrics.classes import (
    BalancedAccuracy,
    BinaryIoU,
    ConfusionMatrix,
    F1Score,
    FBetaScore,
    IoU,
    MatthewsCorrelation,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
)
from halflight.nn.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from halflight.nn.metrics.correlation import ConcordanceCorrelation, PearsonCorrelation
from halflight.nn.metrics.metric import Metric
from halflight.nn.metrics.of_loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from halflight.nn.metrics.ranking import (
    AUC,
    AveragePrecision,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from halflight.nn.metrics.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry

METRICS = Registry[Metric]("metric", Metric, snake_case)
METRICS.collect(
    globals(),
    bce="BinaryCrossentropy",
    kld="KLDivergence",
    mae="MeanAbsoluteError",
    mape="MeanAbsolutePercentageError",
    mse="MeanSquaredError",
    msle="MeanSquaredLogarithmicError",
)
"""Every metric, by Keras's string, that a saved model may name."""
_ACCURACY = ("accuracy", "acc")


def get(metric: str | Metric | Mapping[str, Any]) -> Metric:
    """Return a metric from its name, its configuration {"class", "config"}, or itself.

    Raises:
        ValueError: no metric has that name.
    """
    if isinstance(metric, str) and metric in _ACCURACY:
        raise ValueError(
            f"unknown metric {metric!r}: which accuracy is meant follows from a loss: resolve(); "
            f"known are {', '.join(METRICS)}"
        )
    return METRICS.make(metric)


def resolve(metric: str | Metric | Mapping[str, Any], loss: Loss, output_shape: Shape) -> Metric:
    """Return a metric as `get` does, and for "accuracy" or "acc" the one that fits the output.

    As in Keras: binary for one output, sparse categorical where several outputs go with one target,
    else categorical; it keeps the name that was asked for. Unlike Keras, metrics without a
    threshold of their own decide where the loss does: at 0 for logits and margins.

    Raises:
        ValueError: no metric has that name, or the loss does not fit the output.
    """
    if not isinstance(metric, str) or metric not in _ACCURACY:
        return get(metric).judged_by(loss)
    if output_shape[-1] == 1:
        return BinaryAccuracy(name=metric).judged_by(loss)
    if loss.target_shape(output_shape)[-1] == 1:
        return SparseCategoricalAccuracy(name=metric)
    return CategoricalAccuracy(name=metric)
