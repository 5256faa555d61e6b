"""Calls of the focal cross-entropies."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive
from tests.halflight.kernels.cases.crossentropy import one_hot, probabilities
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """One class and many, few rows and many, whole and broken powers."""
    found = []
    powers = ((2.0, 0.0), (1.5, 0.25), (0.5, 0.0), (0.0, 0.0))
    for shape, (gamma, smoothing) in zip(SIZES, powers, strict=True):
        common = {"gamma": gamma, "label_smoothing": smoothing}
        sides = {"positive": 0.25, "negative": 0.75}
        binary, target = np.round(positive(rng, *shape) - 0.5), one_hot(rng, *shape)
        p, logits = probabilities(rng, *shape), 3.0 * normal(rng, *shape)
        for suffix, prediction in (("", p), ("_from_logits", logits)):
            name = f"focal_crossentropy{suffix}"
            found += [
                loss_case(rng, f"binary_{name}", prediction, binary, **common, **sides),
                loss_case(rng, f"categorical_{name}", prediction, target, **common, alpha=0.25),
            ]
    return found
