"""Calls of the losses of overlap."""

import numpy as np

from tests.halflight.kernels.cases.case import Case
from tests.halflight.kernels.cases.crossentropy import probabilities
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """Few rows and many."""
    found = []
    for rows, outputs in SIZES:
        target = rng.integers(2, size=(rows, outputs)).astype(np.float64)
        p = probabilities(rng, rows, outputs)
        constants = {"alpha": 0.25, "beta": 0.75, "epsilon": 2.0**-20}
        found.append(loss_case(rng, "tversky", p, target, **constants))
    return found
