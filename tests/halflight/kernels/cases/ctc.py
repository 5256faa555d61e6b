"""Calls of connectionist temporal classification."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal
from tests.halflight.kernels.cases.loss import loss_case


def cases(rng: np.random.Generator) -> list[Case]:
    """No label and many, some of them equal side by side; steps that do not count."""
    found = []
    for samples, times, classes, labels in ((1, 1, 1, 1), (3, 7, 4, 3), (19, 12, 5, 4)):
        target = rng.integers(1, max(classes, 2), (samples, labels)) * (classes > 1)
        length = rng.integers(0, labels + 1, samples)
        target = np.where(np.arange(labels) < length[:, np.newaxis], target, 0)
        steps = rng.integers(min(2 * labels, times), times + 1, (samples, 1))
        steps[::3] = 0
        target = np.concatenate([steps, target], axis=1)
        logits = 3.0 * normal(rng, samples, times, classes)
        found.append(loss_case(rng, "ctc", logits, target.astype(np.float64)))
    return found
