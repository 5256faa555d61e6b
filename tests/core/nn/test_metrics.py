"""Metrics: weighted means over batches, by hand."""

import math

import numpy as np
import pytest

from core.nn import metrics
from core.nn.metrics import METRICS

TARGET = np.array([[1.0], [0.0], [3.0]], np.float32)
PREDICTION = np.array([[2.0, 9.0], [-1.0, 9.0], [1.0, 9.0]], np.float32)
WEIGHT = np.array([1.0, 1.0, 2.0], np.float32)
HAND = {
    "mean_absolute_error": (1 + 1 + 2 * 2) / 4,
    "mean_squared_error": (1 + 1 + 2 * 4) / 4,
    "root_mean_squared_error": math.sqrt(2.5),
    "binary_accuracy": 1.0,
}


def test_every_metric_has_a_hand_value():
    assert {cls.name for cls in METRICS.values()} == set(HAND)


@pytest.mark.parametrize("name", HAND)
def test_hand_values_over_two_batches(name):
    metric = metrics.get(name)
    for rows in (slice(0, 2), slice(2, 3)):
        metric.update(TARGET[rows], PREDICTION[rows], WEIGHT[rows])
    assert metric.result() == pytest.approx(HAND[name])
    metric.reset()
    assert math.isnan(metric.result())


def test_unknown():
    with pytest.raises(ValueError, match="known are mean_absolute_error"):
        metrics.get("accuracy")
