"""Calls of the cross-entropies."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive
from tests.halflight.kernels.cases.loss import SIZES, loss_case


def probabilities(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers in [0.02, 0.98) that float32 holds exactly."""
    return (rng.random(shape, np.float32) * np.float32(0.96) + np.float32(0.02)).astype(np.float64)


def one_hot(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Rows with a single 1."""
    return np.eye(shape[1])[rng.integers(shape[1], size=shape[0])]


def cases(rng: np.random.Generator) -> list[Case]:
    """One class and many, few rows and many, with and without label smoothing."""
    found = []
    for shape, smoothing in zip(SIZES, (0.0, 0.0, 0.25, 0.0), strict=True):
        binary, soft = np.round(positive(rng, *shape) - 0.5), {"label_smoothing": smoothing}
        logits, target = 4.0 * normal(rng, *shape), one_hot(rng, *shape)
        p, q = probabilities(rng, *shape), probabilities(rng, *shape)
        found += [
            loss_case(rng, "binary_crossentropy", p, binary, **soft),
            loss_case(rng, "binary_crossentropy_from_logits", logits, binary, **soft),
            loss_case(rng, "categorical_crossentropy", q, target, **soft),
            loss_case(rng, "categorical_crossentropy_from_logits", logits, target, **soft),
        ]
    return found
