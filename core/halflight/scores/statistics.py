"""How good a measurement is: pure functions of residuals, error bars and truth.

A residual is D = measured - true; of a radius, D = ln R_measured - ln R_true. Every function raises
ValueError for empty, mismatched or non-finite input: rows without a measurement are for the caller
to count and leave out.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from halflight.predictive import cumulative, log_density, quantile

MAD_TO_SIGMA = 1.4826  # 1 / Phi^-1(3/4): makes the MAD of a Gaussian its standard deviation


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
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def outlier_fraction(residual: ArrayLike, threshold: float = 0.3) -> float:
    """Fraction with |D| above the threshold (0.3 is a factor of 1.35 in radius)."""
    (values,) = _checked(residual=residual)
    return float(np.mean(np.abs(values) > threshold))


def coverage(
    residual: ArrayLike, sigma: ArrayLike, level: float = 0.68, *, dof: ArrayLike | None = None
) -> float:
    """Fraction of the truths inside the central interval of this probability; see `pit_values`."""
    return float(np.mean(is_inside(residual, sigma, level, dof=dof)))


def is_inside(
    residual: ArrayLike, sigma: ArrayLike, level: float = 0.68, *, dof: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Whether each truth lies in the central interval of this probability; see `pit_values`."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie in (0, 1), got {level}")
    values, errors, freedom = _checked_with_errors(residual, sigma, dof)
    return np.asarray(np.abs(values) <= quantile(0.5 + 0.5 * level, freedom) * errors)


def pit_values(
    residual: ArrayLike, sigma: ArrayLike, *, dof: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Probability integral transform: the predicted cumulative probability at the truth.

    Uniform on [0, 1] when the error bars are honest (Dawid 1984). What is predicted is a
    distribution of `halflight.predictive` about the measured value, of this sigma and these degrees
    of freedom; dof None: a Gaussian. Arrays are (rows,).
    """
    values, errors, freedom = _checked_with_errors(residual, sigma, dof)
    return cumulative(-values / errors, freedom)


def ks_distance(pit: ArrayLike) -> float:
    """Kolmogorov-Smirnov distance of PIT values from the uniform distribution, 0 to 1."""
    (values,) = _checked(pit=pit)
    if values.min() < 0.0 or values.max() > 1.0:
        raise ValueError(f"pit must lie in [0, 1], got {values.min()} to {values.max()}")
    ordered = np.sort(values)
    steps = np.arange(ordered.size + 1) / ordered.size
    return float(max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1])))


def negative_log_likelihood(
    residual: ArrayLike, sigma: ArrayLike, *, dof: ArrayLike | None = None
) -> float:
    """Mean negative log likelihood of the truth under the distributions of `pit_values`."""
    values, errors, freedom = _checked_with_errors(residual, sigma, dof)
    return float(np.mean(np.log(errors) - log_density(values / errors, freedom)))


def implied_nmad(sigma: ArrayLike) -> float:
    """The NMAD of draws from zero-mean Gaussians, one of each of these standard deviations.

    What a set of Cramer-Rao bounds allows, to be held against a scatter: neither their median nor
    their mean. The median m of |x| solves mean(2 Phi(m / sigma) - 1) = 1 / 2.
    """
    (errors,) = _checked(sigma=sigma)
    if errors.min() <= 0.0:
        raise ValueError(f"sigma must be positive, got {errors.min()}")
    low, high = errors.min() / MAD_TO_SIGMA, errors.max() / MAD_TO_SIGMA
    # Phi^-1(3/4) is 1 / 1.4826 but for rounding: the ends of the bracket stand a little apart.
    median = brentq(
        lambda m: float(np.mean(ndtr(m / errors))) - 0.75, 0.99 * low, 1.01 * high, xtol=1e-12 * low
    )
    return float(MAD_TO_SIGMA * median)


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
    dof: ArrayLike | None = None,
    logarithmic: bool = True,
    outlier: float = 0.3,
) -> dict[str, float]:
    """Scores of one method on some objects; arrays are (rows,).

    count, bias, nmad and outlier_fraction are of every row. A sigma that is NaN says that there is
    a value but no error bar: such rows are counted in without_error, and coverage_68, coverage_95,
    nll and pit_ks are of the others. Without any error bar these are left out.
    """
    (values,) = _checked(residual=residual)
    errors = np.full(values.shape, np.nan) if sigma is None else np.asarray(sigma, np.float64)
    if errors.shape != values.shape:
        raise ValueError(f"residual, sigma must be alike, got {values.shape} and {errors.shape}")
    known = ~np.isnan(errors)
    metrics: dict[str, float] = {
        "count": values.size,
        "without_error": int(values.size - known.sum()),
        "bias": bias(values, logarithmic=logarithmic),
        "nmad": nmad(values),
        "outlier_fraction": outlier_fraction(values, outlier),
    }
    if known.any():
        freedom = None if dof is None else np.asarray(dof, np.float64)[known]
        pair = values[known], errors[known]
        metrics["coverage_68"] = coverage(*pair, 0.68, dof=freedom)
        metrics["coverage_95"] = coverage(*pair, 0.95, dof=freedom)
        metrics["nll"] = negative_log_likelihood(*pair, dof=freedom)
        metrics["pit_ks"] = ks_distance(pit_values(*pair, dof=freedom))
    return metrics


def resamples(groups: ArrayLike, *, seed: int, repeats: int) -> Iterator[NDArray[np.intp]]:
    """Row numbers of bootstrap samples: whole groups, drawn with replacement (see below).

    groups: (rows,) labels. Nothing where there is one group alone.
    """
    _, number = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(number, kind="stable")
    sizes = np.bincount(number)
    if len(sizes) == 1:
        return
    members = np.split(order, np.cumsum(sizes)[:-1])
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    for _ in range(repeats):
        drawn = rng.integers(len(members), size=len(members))
        if len(members) == len(order):
            yield order[drawn]
        else:
            yield np.concatenate([members[group] for group in drawn])


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
    resampled = [statistic(data[rows]) for rows in resamples(labels, seed=seed, repeats=repeats)]
    if not resampled:
        return Interval(statistic(data), math.nan, math.nan, math.nan)
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
    residual: ArrayLike, sigma: ArrayLike, dof: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The three as float64, degrees of freedom inf where there are none."""
    values, errors = _checked(residual=residual, sigma=sigma)
    if errors.min() <= 0.0:
        raise ValueError(f"sigma must be positive, got {errors.min()}")
    freedom = np.full(values.shape, np.inf) if dof is None else np.asarray(dof, np.float64)
    if freedom.shape != values.shape:
        raise ValueError(f"dof must be like residual, got {freedom.shape} and {values.shape}")
    if not np.all(freedom > 0.0):
        wrong = freedom[~(freedom > 0.0)][0]
        raise ValueError(f"dof must be positive or inf, got {wrong}")
    return values, errors, freedom
