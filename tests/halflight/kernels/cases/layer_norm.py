"""Calls of layer normalisation."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def _cases(rng: np.random.Generator, *shape: int, affine: bool = True) -> list[Case]:
    rows, features = shape[:-1], shape[-1]
    x, dy = normal(rng, *shape) * 2.0 + 1.0, normal(rng, *shape)
    mean = np.asarray(x.mean(-1), np.float32).astype(np.float64)
    inverse = np.asarray(1.0 / np.sqrt(x.var(-1) + 0.125), np.float32).astype(np.float64)
    gamma = positive(rng, features) if affine else None
    beta = normal(rng, features) if affine else None
    gradients = {
        "dgamma": normal(rng, features) if affine else None,
        "dbeta": normal(rng, features) if affine else None,
    }
    statistics = {"mean": nothing(*rows), "inverse_deviation": nothing(*rows)}
    return [
        Case(
            "layer_norm_forward",
            ("y", "mean", "inverse_deviation"),
            (),
            {"y": nothing(*shape)}
            | statistics
            | {"x": x, "gamma": gamma, "beta": beta, "epsilon": 0.125},
        ),
        Case(
            "layer_norm_backward",
            ("dx",),
            ("dgamma", "dbeta") if affine else (),
            {"dx": nothing(*shape), "dy": dy, "x": x, "gamma": gamma}
            | gradients
            | {"mean": mean, "inverse_deviation": inverse},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Few rows and many, one feature and many, with and without gamma and beta."""
    shapes = ((3, 2, 1, 17), (300, 3), (5, 600), (1, 5))
    found = [case for shape in shapes for case in _cases(rng, *shape)]
    return found + _cases(rng, 70, 33, affine=False)
