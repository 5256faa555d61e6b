"""Calls of the normalisation kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def norm_cases(rng: np.random.Generator, *shape: int) -> list[Case]:
    """Batch normalisation of one shape, all four kernels."""
    channels = shape[-1]
    x, dy = normal(rng, *shape) * 2.0 + 1.0, normal(rng, *shape)
    gamma, beta = positive(rng, channels), normal(rng, channels)
    axes = tuple(range(len(shape) - 1))
    mean = x.mean(axes).astype(np.float32).astype(np.float64)
    inverse = (1.0 / np.sqrt(x.var(axes) + 0.125)).astype(np.float32).astype(np.float64)
    running = {"running_mean": normal(rng, channels), "running_variance": positive(rng, channels)}
    gradients = {
        "dx": nothing(*shape),
        "dgamma": normal(rng, channels),
        "dbeta": normal(rng, channels),
    }
    return [
        Case(
            "batch_norm_forward_training",
            ("y", "mean", "inverse_deviation"),
            ("running_mean", "running_variance"),
            {
                "y": nothing(*shape),
                "mean": nothing(channels),
                "inverse_deviation": nothing(channels),
            }
            | running
            | {"x": x, "gamma": gamma, "beta": beta, "momentum": 0.875, "epsilon": 0.125},
        ),
        Case(
            "batch_norm_forward_inference",
            ("y",),
            (),
            {"y": nothing(*shape), "x": x, "gamma": gamma, "beta": beta}
            | running
            | {"epsilon": 0.125},
        ),
        Case(
            "batch_norm_backward",
            ("dx",),
            ("dgamma", "dbeta"),
            gradients
            | {"dy": dy, "x": x, "gamma": gamma, "mean": mean, "inverse_deviation": inverse},
        ),
        Case(
            "batch_norm_backward_inference",
            ("dx",),
            ("dgamma", "dbeta"),
            gradients | {"dy": dy, "x": x, "gamma": gamma} | running | {"epsilon": 0.125},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Vectors and images, one channel and many, with and without gamma and beta."""
    shapes = ((3, 2, 1, 17), (300, 3), (2, 20, 21, 16), (1, 1))
    found = [case for shape in shapes for case in norm_cases(rng, *shape)]
    return found + [_without_affine(case) for case in norm_cases(rng, 40, 9)]


def _without_affine(case: Case) -> Case:
    """The same call with neither gamma nor beta."""
    none = {n: None for n in ("gamma", "beta", "dgamma", "dbeta") if n in case.arguments}
    updated = tuple(name for name in case.updated if name not in none)
    return Case(case.kernel, case.assigned, updated, case.arguments | none)
