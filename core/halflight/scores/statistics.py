"""How good a measurement is: pure functions of residuals, error bars and truth.

A residual is D = measured - true; of a radius, D = ln R_measured - ln R_true. Every function raises
ValueError for empty, mismatched or non-finite input: rows without a measurement are for the caller
to count and leave out.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

_MAD_TO_SIGMA = 1.4826  # 1 / Phi^-1(3/4): makes the MAD of a Gaussian its standard deviation


class Interval(NamedTuple):
    """A statistic with its bootstrap spread: value on all the data, and quantiles of resamples."""

    value: float
    low: float
    high: float
    standard_error: float


def bias(residual: ArrayLike, *, logarithmic: bool = True) -> float:
    """Median relative error of the physical value, median(exp(D) - 1), if D is of logarithms.

    For any other quantity it is median(D).
    """
    (values,) = _checked(residual=residual)
    return float(np.median(np.expm1(values) if logarithmic else values))


def nmad(residual: ArrayLike) -> float:
    """Normalised median absolute deviation, 1.4826 median|D - median D|."""
    (values,) = _checked(residual=residual)
    return float(_MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def outlier_fraction(residual: ArrayLike, threshold: float = 0.3) -> float:
    """Fraction with |D| above the threshold (0.3 is a factor of 1.35 in radius)."""
    (values,) = _checked(residual=residual)
    return float(np.mean(np.abs(values) > threshold))


def coverage(residual: ArrayLike, sigma: ArrayLike, level: float = 0.68) -> float:
    """Fraction of the truths inside the central Gaussian interval of this probability."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie in (0, 1), got {level}")
    values, errors = _checked_with_errors(residual, sigma)
    return float(np.mean(np.abs(values) <= ndtri(0.5 + 0.5 * level) * errors))


def pit_values(residual: ArrayLike, sigma: ArrayLike) -> NDArray[np.float64]:
    """Probability integral transform: the predicted cumulative probability at the truth.

    Uniform on [0, 1] when the Gaussian error bars are honest (Dawid 1984).
    """
    values, errors = _checked_with_errors(residual, sigma)
    return np.asarray(ndtr(-values / errors))


def ks_distance(pit: ArrayLike) -> float:
    """Kolmogorov-Smirnov distance of PIT values from the uniform distribution, 0 to 1."""
    (values,) = _checked(pit=pit)
    if values.min() < 0.0 or values.max() > 1.0:
        raise ValueError(f"pit must lie in [0, 1], got {values.min()} to {values.max()}")
    ordered = np.sort(values)
    steps = np.arange(ordered.size + 1) / ordered.size
    return float(max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1])))


def gaussian_nll(residual: ArrayLike, sigma: ArrayLike) -> float:
    """Mean negative log likelihood of the truth, 0.5 (D / sigma)^2 + ln(sigma sqrt(2 pi))."""
    values, errors = _checked_with_errors(residual, sigma)
    likelihood = 0.5 * (values / errors) ** 2 + np.log(errors) + 0.5 * math.log(2.0 * math.pi)
    return float(np.mean(likelihood))


def r_squared(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Coefficient of determination, 1 - sum (p - t)^2 / sum (t - mean t)^2."""
    true, predicted = _checked(truth=truth, prediction=prediction)
    scatter = float(np.sum((true - true.mean()) ** 2))
    if scatter == 0.0:
        raise ValueError("truth holds a single value: R^2 is not defined")
    return 1.0 - float(np.sum((predicted - true) ** 2)) / scatter


def summary(
    residual: ArrayLike,
    sigma: ArrayLike | None = None,
    *,
    logarithmic: bool = True,
    outlier: float = 0.3,
) -> dict[str, float]:
    """Count, bias, nmad, outlier_fraction; with sigma also coverage_68, coverage_95 and nll."""
    (values,) = _checked(residual=residual)
    metrics: dict[str, float] = {
        "count": values.size,
        "bias": bias(values, logarithmic=logarithmic),
        "nmad": nmad(values),
        "outlier_fraction": outlier_fraction(values, outlier),
    }
    if sigma is not None:
        metrics["coverage_68"] = coverage(values, sigma, 0.68)
        metrics["coverage_95"] = coverage(values, sigma, 0.95)
        metrics["nll"] = gaussian_nll(values, sigma)
    return metrics


def bootstrap_by_group(
    values: ArrayLike,
    groups: ArrayLike,
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    seed: int,
    repeats: int = 1000,
    level: float = 0.68,
) -> Interval:
    """Confidence interval of a statistic when the rows of one group (one field) share their errors.

    values: (rows,) or (rows, columns), handed to the statistic with some rows repeated. groups:
    (rows,) labels; whole groups are drawn with replacement (Efron & Tibshirani 1993, ch. 8).
    low, high: the central quantiles of this level; one group alone says nothing of how groups
    differ, so its interval is NaN.
    """
    (data,) = _checked(values=values)
    labels = np.asarray(groups)
    if labels.shape != data.shape[:1]:
        raise ValueError(f"groups must have one label a row, got {labels.shape} for {data.shape}")
    if repeats < 2 or not 0.0 < level < 1.0:
        raise ValueError(f"repeats must be >= 2 and level in (0, 1), got {repeats} and {level}")
    _, number = np.unique(labels, return_inverse=True)
    order = np.argsort(number, kind="stable")
    if number.max() == 0:
        return Interval(statistic(data), math.nan, math.nan, math.nan)
    members = np.split(order, np.cumsum(np.bincount(number))[:-1])
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    resampled = np.empty(repeats)
    for i in range(repeats):
        drawn = rng.integers(len(members), size=len(members))
        resampled[i] = statistic(data[np.concatenate([members[group] for group in drawn])])
    low, high = np.quantile(resampled, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    return Interval(statistic(data), float(low), float(high), float(np.std(resampled, ddof=1)))


def _checked(**arrays: ArrayLike) -> list[NDArray[np.float64]]:
    """The arrays as float64, after refusing empty, mismatched and non-finite ones."""
    checked = {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()}
    first = next(iter(checked.values()))
    for name, array in checked.items():
        if array.ndim == 0 or array.size == 0:
            raise ValueError(f"{name} must hold at least one row, got shape {array.shape}")
        if array.shape != first.shape:
            raise ValueError(
                f"{', '.join(checked)} must be alike, got shapes "
                f"{[value.shape for value in checked.values()]}"
            )
        wrong = int(array.size - np.isfinite(array).sum())
        if wrong:
            raise ValueError(
                f"{name} holds {wrong} of {array.size} values that are not finite: leave those "
                "rows out first"
            )
    return list(checked.values())


def _checked_with_errors(
    residual: ArrayLike, sigma: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, errors = _checked(residual=residual, sigma=sigma)
    if errors.min() <= 0.0:
        raise ValueError(f"sigma must be positive, got {errors.min()}")
    return values, errors
