"""scikit-learn's home: trees and a kernel machine on a catalogue's features."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

LARGEST_SEED = 2**32  # of scikit-learn


def forest(*, seed: int, trees: int, least_leaf: int) -> Any:
    """A random forest (Breiman 2001); what a catalogue does not know goes to the better side."""
    return RandomForestClassifier(
        trees, min_samples_leaf=least_leaf, random_state=seed % LARGEST_SEED, n_jobs=1
    )


def support_vectors(*, seed: int, folds: int) -> Any:
    """A support vector machine with a Gaussian kernel, its scores made probabilities (Platt 1999).

    Features are centred and scaled; what a catalogue does not know is the median, and is said to
    have been unknown.
    """
    del seed  # nothing in it is drawn
    machine = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        SVC(C=10.0, gamma="scale"),
    )
    return CalibratedClassifierCV(machine, method="sigmoid", cv=folds, ensemble=False)


def logistic() -> Any:
    """A logistic regression, for one number or a few."""
    return LogisticRegression(C=10.0)


def judged(
    learner: Callable[[], Any],
    values: NDArray[np.float64],
    labels: NDArray[np.float64],
    groups: NDArray[Any],
    *,
    learns: NDArray[np.bool_],
    folds: int,
) -> NDArray[np.float64]:
    """The probability of label 1 of every row, by a learner that was never shown that row.

    Rows that do not learn are judged by one fitted to all that do; those that do are judged out of
    fold, by one fitted to the other groups alone, so that what is made of their probabilities is as
    honest as of any other's.

    values: (rows, features); labels: (rows,) of 0, 1 or NaN; groups: (rows,) such as fields;
    learns: (rows,) which rows may be learnt from, of those with a label.

    Raises:
        ValueError: fewer than two groups with both classes to learn from.
    """
    known = np.flatnonzero(learns & np.isfinite(labels))
    names = np.unique(groups[known])
    classes = np.unique(labels[known])
    if len(names) < 2 or len(classes) < 2:
        raise ValueError(
            f"a judge needs two classes in two groups or more to learn from, received "
            f"{len(known)} rows of {len(classes)} class(es) in {len(names)} group(s)"
        )
    found = np.full(len(labels), np.nan)
    others = np.setdiff1d(np.arange(len(labels)), known)
    if len(others):
        fitted = learner().fit(values[known], labels[known])
        found[others] = fitted.predict_proba(values[others])[:, 1]
    split = GroupKFold(n_splits=min(folds, len(names)))
    for rest, fold in split.split(values[known], labels[known], groups[known]):
        if len(np.unique(labels[known[rest]])) < 2:
            raise ValueError(
                f"all {len(rest)} rows beside a fold are of one class: use fewer folds, or more "
                "objects"
            )
        fitted = learner().fit(values[known[rest]], labels[known[rest]])
        found[known[fold]] = fitted.predict_proba(values[known[fold]])[:, 1]
    return found
