"""Calls of the losses."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, nothing, positive


def _losses(rng: np.random.Generator, batch: int, outputs: int) -> list[Case]:
    def case(kernel: str, prediction: np.ndarray, target: np.ndarray) -> Case:
        arrays = {"loss": nothing(batch), "dprediction": nothing(*prediction.shape)}
        arrays |= {"prediction": prediction, "target": target, "weight": positive(rng, batch)}
        return Case(kernel, ("loss", "dprediction"), (), arrays)

    target = normal(rng, batch, outputs)
    return [
        case("gaussian_nll", normal(rng, batch, 2 * outputs), target),
        case("mean_squared_error", normal(rng, batch, outputs), target),
        case("mean_absolute_error", normal(rng, batch, outputs), target),
        case(
            "binary_crossentropy_from_logits",
            normal(rng, batch, 1) * 4.0,
            np.round(positive(rng, batch, 1) - 0.5),
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """One output and many."""
    sizes = ((1, 1), (5, 19), (50, 33))
    return [case for size in sizes for case in _losses(rng, *size)]
