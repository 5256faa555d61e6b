"""Calls of group normalisation."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def _cases(
    rng: np.random.Generator, *shape: int, groups: int = 1, affine: bool = True
) -> list[Case]:
    samples, positions, channels = shape
    x, dy = normal(rng, *shape) * 2.0 + 1.0, normal(rng, *shape)
    grouped = x.reshape(samples, positions, groups, -1)
    mean = grouped.mean((1, 3)).astype(np.float32).astype(np.float64)
    inverse = 1.0 / np.sqrt(grouped.var((1, 3)) + 0.125)
    inverse = inverse.astype(np.float32).astype(np.float64)
    gamma = positive(rng, channels) if affine else None
    beta = normal(rng, channels) if affine else None
    gradients = {
        "dgamma": normal(rng, channels) if affine else None,
        "dbeta": normal(rng, channels) if affine else None,
    }
    statistics = {"mean": nothing(samples, groups), "inverse_deviation": nothing(samples, groups)}
    return [
        Case(
            "group_norm_forward",
            ("y", "mean", "inverse_deviation"),
            (),
            {"y": nothing(*shape)}
            | statistics
            | {"x": x, "gamma": gamma, "beta": beta, "epsilon": 0.125},
        ),
        Case(
            "group_norm_backward",
            ("dx",),
            ("dgamma", "dbeta") if affine else (),
            {"dx": nothing(*shape), "dy": dy, "x": x, "gamma": gamma}
            | gradients
            | {"mean": mean, "inverse_deviation": inverse},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """One group, a few, one for each channel; with and without gamma and beta."""
    return [
        *_cases(rng, 3, 35, 6, groups=1),
        *_cases(rng, 2, 700, 6, groups=3),
        *_cases(rng, 2, 300, 17, groups=17),
        *_cases(rng, 5, 1, 8, groups=2),
        *_cases(rng, 3, 20, 4, groups=2, affine=False),
    ]
