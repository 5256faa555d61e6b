"""Cross-entropies of a class named by its number: those of `crossentropy` for one-hot targets."""

import numpy as np
from numpy.typing import NDArray

from ..contract import kernel
from .arrays import Array
from .crossentropy import probabilities, surprise
from .rows import EPSILON, ROWS, share


def _write(
    loss: Array,
    dprediction: Array,
    value: Array,
    gradient: Array,
    target: Array,
    ignore_class: float,
) -> None:
    """Write rows, but 0 for those of the ignored class, and NaN where no class is named."""
    ignored, named = target == ignore_class, (target >= 0.0) & (target < gradient.shape[1])
    loss[...] = np.where(ignored, 0.0, np.where(named, value, np.nan))[:, 0]
    dprediction[...] = np.where(ignored, 0.0, np.where(named, gradient, np.nan))


def _column(target: Array, classes: int) -> NDArray[np.intp]:
    """The classes as indices (n, 1); 0 where none is named."""
    return np.where((target >= 0.0) & (target < classes), target, 0.0).astype(np.intp)


@kernel(**ROWS | {"target": "n 1"})
def sparse_categorical_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    ignore_class: float,
) -> None:
    """loss = -log p of the class that target (n, 1) names, p = prediction (n, t) / its sum.

    A row of class `ignore_class` (NaN for none) has loss 0 and gradient 0; one of any other class
    outside 0 .. t - 1 has NaN.
    """
    column = _column(target, prediction.shape[1])
    p, inside, total = probabilities(prediction)
    p, inside = (np.take_along_axis(a, column, axis=1) for a in (p, inside))
    slope = np.where(np.isnan(p) | inside, share(weight) / total, 0.0)
    gradient = np.repeat(slope, prediction.shape[1], axis=1)
    np.put_along_axis(gradient, column, slope - slope / p, axis=1)
    _write(loss, dprediction, -np.log(p), gradient, target, ignore_class)


@kernel(**ROWS | {"target": "n 1"})
def sparse_categorical_crossentropy_from_logits(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    ignore_class: float,
) -> None:
    """`sparse_categorical_crossentropy` of p = softmax(prediction), never clipped."""
    column = _column(target, prediction.shape[1])
    bits = surprise(prediction)
    value = np.take_along_axis(bits, column, axis=1)
    gradient = np.exp(-bits)
    np.put_along_axis(gradient, column, np.expm1(-value), axis=1)
    _write(loss, dprediction, value, share(weight) * gradient, target, ignore_class)


@kernel(**ROWS | {"target": "n 1"})
def generalized_crossentropy(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    q: float,
) -> None:
    """loss = (1 - p^q) / q, p = the prediction for the class that target (n, 1) names.

    p is kept above 1e-7, with the slope of 1e-7 below it. Zhang & Sabuncu 2018, eq. 6. A row whose
    target is no class has NaN.
    """
    column = _column(target, prediction.shape[1])
    p = np.maximum(np.take_along_axis(prediction, column, axis=1), EPSILON)
    gradient = np.zeros_like(prediction)
    np.put_along_axis(gradient, column, -share(weight) * p ** (q - 1.0), axis=1)
    _write(loss, dprediction, (1.0 - p**q) / q, gradient, target, np.nan)
