"""How good a probability of one of two classes is: pure functions of probabilities and labels.

`label` is 1 for the positive class and 0 for the other, `probability` that of the positive class
and `rank` whatever is larger the more probable it is; arrays are (rows,). What needs both classes
is NaN where there is one alone. Every function raises ValueError for empty, mismatched or
non-finite input, and for labels other than 0 and 1.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

WINDOW = 100  # rows that calibration is averaged over (Caruana & Niculescu-Mizil 2004, section 2)


def roc_auc(rank: ArrayLike, label: ArrayLike) -> float:
    """The chance that a positive row ranks above a negative one; ties count half.

    The area under the receiver operating characteristic (Hanley & McNeil 1982).
    """
    values, positive = _checked(rank, label)
    count = int(positive.sum())
    others = len(values) - count
    if not count or not others:
        return np.nan
    ranks = rankdata(values)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def average_precision(rank: ArrayLike, label: ArrayLike) -> float:
    """The sum over thresholds of (R_n - R_(n-1)) P_n, of recall R and precision P, from the top."""
    purity, completeness = purity_and_completeness(rank, label)
    if np.isnan(completeness).any():
        return np.nan
    return float(np.sum(np.diff(completeness, prepend=0.0) * purity))


def purity_and_completeness(
    rank: ArrayLike, label: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Purity and completeness of the rows that rank at or above each value, from the top down.

    Rows of one rank come together. Completeness is NaN where no row is positive.
    """
    values, positive = _checked(rank, label)
    order = np.argsort(-values, kind="stable")
    last = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    found = np.cumsum(positive[order])[last]
    with np.errstate(invalid="ignore"):
        return found / (last + 1.0), found / np.float64(positive.sum())


def purity_at(rank: ArrayLike, label: ArrayLike, completeness: float) -> float:
    """The purity at the first threshold, from the top, that is this complete."""
    purity, complete = purity_and_completeness(rank, label)
    if np.isnan(complete).any():
        return np.nan
    # A completeness that is met but for rounding is met.
    return float(purity[np.argmax(complete >= completeness - 1e-12)])


def completeness_at(rank: ArrayLike, label: ArrayLike, purity: float) -> float:
    """The largest completeness at a threshold that is this pure; 0 where none is."""
    pure, complete = purity_and_completeness(rank, label)
    if np.isnan(complete).any():
        return np.nan
    return float(np.max(complete, where=pure >= purity - 1e-12, initial=0.0))


def mean_squared_error(probability: ArrayLike, label: ArrayLike) -> float:
    """The mean of (p - label)^2 (Brier 1950)."""
    p, positive = _checked_probability(probability, label)
    return float(np.mean((p - positive) ** 2))


def log_loss(probability: ArrayLike, label: ArrayLike) -> float:
    """The mean negative logarithm of the probability of what is; infinite for a wrong certainty."""
    p, positive = _checked_probability(probability, label)
    with np.errstate(divide="ignore"):
        return float(-np.mean(np.log(np.where(positive, p, 1.0 - p))))


def calibration_error(probability: ArrayLike, label: ArrayLike) -> float:
    """CAL: mean |mean probability - share of positives| over windows of 100 rows in their order.

    The windows slide by one row (Caruana & Niculescu-Mizil 2004, KDD, section 2; Kim & Brunner
    2017, section 5.1); fewer rows are one window. Honest probabilities have one, too: 0.08
    of the scatter of a label.
    """
    p, positive = _checked_probability(probability, label)
    order = np.argsort(p, kind="stable")
    surplus = np.concatenate([[0.0], np.cumsum(p[order] - positive[order])])
    width = min(WINDOW, len(p))
    return float(np.mean(np.abs(surplus[width:] - surplus[:-width])) / width)


def number_error(probability: ArrayLike, label: ArrayLike) -> float:
    """|sum of probabilities - N| / N, of the N rows that are positive; NaN for none."""
    p, positive = _checked_probability(probability, label)
    count = positive.sum()
    return float(abs(p.sum() - count) / count) if count else np.nan


def reliability(
    probability: ArrayLike, label: ArrayLike, edges: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Mean probability, share of positives and number of rows in bins of probability (bins,).

    A bin holds its lower edge, the last one its upper, too; NaN where it is empty.
    """
    p, positive = _checked_probability(probability, label)
    cuts = np.asarray(edges, np.float64)
    places = np.clip(np.digitize(p, cuts) - 1, 0, len(cuts) - 2)
    counts = np.bincount(places, minlength=len(cuts) - 1)
    with np.errstate(invalid="ignore"):
        means = np.bincount(places, weights=p, minlength=len(counts)) / counts
        shares = np.bincount(places, weights=positive, minlength=len(counts)) / counts
    return means, shares, counts


def _checked(values: ArrayLike, label: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    numbers, labels = np.asarray(values, np.float64), np.asarray(label, np.float64)
    if numbers.shape != labels.shape or numbers.ndim != 1 or not numbers.size:
        raise ValueError(
            f"values and labels must be alike and not empty, got {numbers.shape}, {labels.shape}"
        )
    if not np.isfinite(numbers).all():
        raise ValueError("values must be finite: leave out rows without one")
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ValueError("labels must be 0 or 1: leave out rows without one")
    return numbers, labels == 1.0


def _checked_probability(
    probability: ArrayLike, label: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    p, positive = _checked(probability, label)
    if p.min() < 0.0 or p.max() > 1.0:
        raise ValueError(f"probabilities must lie in [0, 1], got {p.min()} to {p.max()}")
    return p, positive
