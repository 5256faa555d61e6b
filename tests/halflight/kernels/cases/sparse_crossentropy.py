"""Calls of the sparse cross-entropies."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal
from tests.halflight.kernels.cases.crossentropy import probabilities
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """One class and many, few rows and many, with a class to ignore and without."""
    found = []
    for (rows, classes), ignored in zip(SIZES, (np.nan, np.nan, 2.0, -1.0), strict=True):
        target = rng.integers(classes, size=(rows, 1)).astype(np.float64)
        if ignored < 0.0:
            target[::3] = ignored
        p, logits = probabilities(rng, rows, classes), 4.0 * normal(rng, rows, classes)
        name = "sparse_categorical_crossentropy"
        found += [
            loss_case(rng, name, p, target, ignore_class=ignored),
            loss_case(rng, f"{name}_from_logits", logits, target, ignore_class=ignored),
        ]
        shares = probabilities(rng, rows, classes)
        numbers = rng.integers(classes, size=(rows, 1)).astype(np.float64)
        found.append(loss_case(rng, "generalized_crossentropy", shares, numbers, q=0.7))
    return found
