"""Cross-entropies of probabilities and of logits: what `rows` says, summed over classes.

Probabilities are kept in [1e-7, 1 - 1e-7] as in Keras, and have no gradient outside; categorical
ones are first divided by their sum. Logits need no such care: softmax and sigmoid are fused with
the logarithm. Label smoothing draws targets towards 1/2 or 1/classes (Szegedy et al. 2016).
"""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .rows import EPSILON, ROWS, share, sigmoid, write_mean


@kernel(**ROWS)
def binary_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """loss = mean over t of -y log p - (1 - y) log(1 - p), p = prediction, y = smoothed target."""
    y = target + label_smoothing * (0.5 - target)
    p = np.clip(prediction, EPSILON, 1.0 - EPSILON)
    value = -y * np.log(p) - (1.0 - y) * np.log1p(-p)
    clipped = (prediction < EPSILON) | (prediction > 1.0 - EPSILON)
    gradient = np.where(clipped, 0.0, (1.0 - y) / (1.0 - p) - y / p)
    write_mean(loss, dprediction, weight, value, gradient)


@kernel(**ROWS)
def binary_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """`binary_crossentropy` of p = sigmoid(prediction), never clipped."""
    y, z = target + label_smoothing * (0.5 - target), prediction
    value = np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z)))
    write_mean(loss, dprediction, weight, value, sigmoid(z) - y)


def probabilities(prediction: Array) -> tuple[Array, Array, Array]:
    """Each row over its sum, kept in [1e-7, 1 - 1e-7]; where that changed nothing; the sum."""
    total = prediction.sum(axis=1, keepdims=True)
    p = prediction / total
    return np.clip(p, EPSILON, 1 - EPSILON), (p >= EPSILON) & (p <= 1 - EPSILON), total


def surprise(logits: Array) -> Array:
    """-log softmax of each row."""
    below = logits.max(axis=1, keepdims=True) - logits
    return below + np.log(np.exp(-below).sum(axis=1, keepdims=True))


def _smoothed(target: Array, label_smoothing: float) -> Array:
    return target + label_smoothing * (1.0 / target.shape[1] - target)


@kernel(**ROWS)
def categorical_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """loss = -sum over t of y log p, p = prediction / its sum, y = smoothed target."""
    y = _smoothed(target, label_smoothing)
    p, inside, total = probabilities(prediction)
    loss[...] = -(y * np.log(p)).sum(axis=1)
    pull = np.where(np.isnan(p) | inside, y, 0.0)
    gradient = (pull.sum(axis=1, keepdims=True) - pull / p) / total
    dprediction[...] = share(weight) * gradient


@kernel(**ROWS)
def categorical_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    label_smoothing: float,
) -> None:
    """`categorical_crossentropy` of p = softmax(prediction), never clipped."""
    y = _smoothed(target, label_smoothing)
    bits = surprise(prediction)
    loss[...] = (y * bits).sum(axis=1)
    gradient = y.sum(axis=1, keepdims=True) * np.exp(-bits) - y
    dprediction[...] = share(weight) * gradient
