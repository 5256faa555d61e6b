"""Losses of regression: what `rows` says, for predictions and targets of t values a row."""

import numpy as np

from ..contract import kernel
from .arrays import Array
from .rows import EPSILON, ROWS, share, write_mean


@kernel(**ROWS)
def mean_squared_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (prediction - target)^2."""
    error = prediction - target
    write_mean(loss, dprediction, weight, error**2, 2.0 * error)


@kernel(**ROWS)
def mean_absolute_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of |prediction - target|; the gradient at 0 is 0."""
    error = prediction - target
    write_mean(loss, dprediction, weight, np.abs(error), np.sign(error))


@kernel(**ROWS)
def mean_absolute_percentage_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of 100 |prediction - target| / max(|target|, 1e-7)."""
    error, factor = prediction - target, 100.0 / np.maximum(np.abs(target), EPSILON)
    write_mean(loss, dprediction, weight, factor * np.abs(error), factor * np.sign(error))


@kernel(**ROWS)
def mean_squared_logarithmic_error(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of (log(1 + prediction) - log(1 + target))^2, both at least 1e-7."""
    clipped = np.maximum(prediction, EPSILON)
    error = np.log1p(clipped) - np.log1p(np.maximum(target, EPSILON))
    gradient = np.where(prediction < EPSILON, 0.0, 2.0 * error / (1.0 + clipped))
    write_mean(loss, dprediction, weight, error**2, gradient)


@kernel(**ROWS)
def huber(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array, delta: float
) -> None:
    """Squares for small errors, absolute values for large ones (Huber 1964).

    loss = mean over t of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), with
    e = prediction - target and delta > 0.
    """
    error = prediction - target
    size = np.abs(error)
    value = np.where(size <= delta, 0.5 * error**2, delta * (size - 0.5 * delta))
    write_mean(loss, dprediction, weight, value, np.clip(error, -delta, delta))


@kernel(**ROWS)
def log_cosh(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of log(cosh(prediction - target))."""
    error = prediction - target
    value = np.abs(error) + np.log1p(0.5 * np.expm1(-2.0 * np.abs(error)))
    write_mean(loss, dprediction, weight, value, np.tanh(error))


@kernel(**ROWS)
def cosine_similarity(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = -cosine of the angle between prediction and target; norms count as 1e-7 or more."""
    length = np.sqrt((prediction**2).sum(axis=1, keepdims=True))
    norm = np.maximum(length, EPSILON)
    unit = target / np.maximum(np.sqrt((target**2).sum(axis=1, keepdims=True)), EPSILON)
    cosine = (prediction * unit).sum(axis=1, keepdims=True) / norm
    along = np.where(length < EPSILON, 0.0, cosine * prediction / norm)
    loss[...] = -cosine[:, 0]
    dprediction[...] = share(weight) * (along - unit) / norm
