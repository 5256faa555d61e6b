"""Calls of fused batch normalisation."""

import itertools

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def fused_norm_cases(rng, shape, *, affine, slope, pool):
    """Forward and backward on images of one shape."""
    n, height, width, channels = shape
    small = (n, height // 2, width // 2, channels) if pool else shape
    x = normal(rng, *shape) * 2.0 + 1.0
    mean = x.mean((0, 1, 2)).astype(np.float32).astype(np.float64)
    inverse = (1.0 / np.sqrt(x.var((0, 1, 2)) + 0.125)).astype(np.float32).astype(np.float64)
    gamma, beta = (positive(rng, channels), normal(rng, channels)) if affine else (None, None)
    end = {"slope": slope, "pool": pool}
    forward = Case(
        "batch_norm_fused_forward",
        ("y", "mean", "inverse_deviation", *(("index",) if pool else ())),
        ("running_mean", "running_variance"),
        {
            "y": nothing(*small),
            "index": np.zeros(small, np.int32) if pool else None,
            "mean": nothing(channels),
            "inverse_deviation": nothing(channels),
            "running_mean": normal(rng, channels),
            "running_variance": positive(rng, channels),
            "x": x,
            "gamma": gamma,
            "beta": beta,
            "momentum": 0.875,
            "epsilon": 0.125,
            **end,
        },
    )
    backward = Case(
        "batch_norm_fused_backward",
        ("dx",),
        ("dgamma", "dbeta") if affine else (),
        {
            "dx": nothing(*shape),
            "dgamma": normal(rng, channels) if affine else None,
            "dbeta": normal(rng, channels) if affine else None,
            "dy": normal(rng, *small),
            "index": rng.integers(0, 4, small).astype(np.int32) if pool else None,
            "x": x,
            "gamma": gamma,
            "beta": beta,
            "mean": mean,
            "inverse_deviation": inverse,
            **end,
        },
    )
    return [forward, backward]


def cases(rng: np.random.Generator) -> list[Case]:
    """Even and odd images, one channel and many, with and without each part."""
    shapes = ((2, 6, 8, 16), (3, 7, 5, 3), (1, 2, 3, 1), (2, 20, 21, 33))
    found = []
    for shape, slope, pool in itertools.product(shapes, (0.0, 0.25, 1.0), (False, True)):
        found += fused_norm_cases(rng, shape, affine=True, slope=slope, pool=pool)
    return found + fused_norm_cases(rng, (2, 5, 6, 4), affine=False, slope=0.0, pool=True)
