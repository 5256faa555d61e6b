"""Calls of the margin losses."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive
from tests.halflight.kernels.cases.crossentropy import one_hot
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """One score and many, few rows and many, labels of -1 and 1 and of 0 and 1."""
    found = []
    for shape in SIZES:
        binary = np.round(positive(rng, *shape) - 0.5)
        prediction, signs = normal(rng, *shape), 2.0 * binary - 1.0
        found += [
            loss_case(rng, "hinge", prediction, signs),
            loss_case(rng, "squared_hinge", prediction, binary),
            loss_case(rng, "exponential_margin", prediction, signs),
            loss_case(rng, "categorical_hinge", prediction, one_hot(rng, *shape)),
        ]
    return found
