"""Calls of the losses of regression, and what a call of any loss looks like."""

from typing import Any

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive

SIZES = ((1, 1), (5, 19), (50, 33), (700, 2))


def loss_case(
    rng: np.random.Generator, kernel: str, prediction: Any, target: Any, **constants: Any
) -> Case:
    """One loss with random weights, some of them zero; float32 holds all of them exactly."""
    rows = len(prediction)
    weight = positive(rng, rows)
    weight[1::5] = 0.0
    arrays = {"loss": nothing(rows), "dprediction": nothing(*prediction.shape)}
    arrays |= {"prediction": prediction, "target": target, "weight": weight}
    return Case(kernel, ("loss", "dprediction"), (), arrays | constants)


def cases(rng: np.random.Generator) -> list[Case]:
    """One output and many, few rows and many."""
    found = []
    for shape in SIZES:
        y, p, t, s = (normal(rng, *shape) for _ in range(4))
        found += [
            loss_case(rng, "mean_squared_error", y, t),
            loss_case(rng, "mean_absolute_error", y, t),
            loss_case(rng, "mean_absolute_percentage_error", p, np.where(abs(t) < 0.5, 2.0, t)),
            loss_case(rng, "mean_squared_logarithmic_error", abs(p), abs(s)),
            loss_case(rng, "huber", y, t, delta=0.75),
            loss_case(rng, "log_cosh", y, t),
            loss_case(rng, "cosine_similarity", p, s),
        ]
    return found
