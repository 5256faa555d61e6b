"""Calls of the losses of predicted distributions."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive
from tests.halflight.kernels.cases.crossentropy import probabilities
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """One output and many, few rows and many."""
    found = []
    for rows, outputs in SIZES:
        target, pairs = normal(rng, rows, outputs), normal(rng, rows, 2 * outputs)
        threes, counts = normal(rng, rows, 3 * outputs), np.floor(3.0 * abs(target))
        p, q = probabilities(rng, rows, outputs), probabilities(rng, rows, outputs)
        found += [
            loss_case(rng, "gaussian_nll", pairs, target),
            loss_case(rng, "student_nll", pairs, target, dof=4.0),
            loss_case(rng, "standard_normal_kl", pairs, None),
            loss_case(rng, "poisson", positive(rng, rows, outputs), counts),
            loss_case(rng, "quantile", threes, target, quantiles=(0.125, 0.5, 0.75)),
            loss_case(rng, "kl_divergence", p, q),
        ]
    return found
