"""Calls of fused convolution."""

import itertools

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def fused_case(
    rng, n, height, width, channels_in, channels, *, norm, slope, pool, size=3, groups=1
):
    """A "same" convolution with what follows it."""
    output = (n, height // 2, width // 2, channels) if pool else (n, height, width, channels)
    statistics = ("gamma", "beta", "running_mean", "running_variance")
    values = (positive, normal, normal, positive)
    return Case(
        "conv2d_fused_forward",
        ("y", "index") if pool else ("y",),
        (),
        {
            "y": nothing(*output),
            "index": np.zeros(output, np.int32) if pool else None,
            "x": normal(rng, n, height, width, channels_in),
            "w": normal(rng, size, size, channels_in // groups, channels),
            "b": normal(rng, channels),
            **{
                name: value(rng, channels) if norm else None
                for name, value in zip(statistics, values, strict=True)
            },
            "epsilon": 0.125,
            "slope": slope,
            "pool": pool,
            "strides": (1, 1),
            "padding": (size // 2, size // 2),
            "dilation": (1, 1),
            "groups": groups,
        },
    )


def cases(rng: np.random.Generator) -> list[Case]:
    """By Winograd, in place and copied; with and without each part; odd images."""
    found = [
        fused_case(rng, 3, 9, 14, 20, 24, norm=norm, slope=slope, pool=pool)
        for norm, slope, pool in itertools.product((False, True), (0.0, 0.25, 1.0), (False, True))
    ]
    found += [
        fused_case(rng, 2, 20, 22, 2, 5, norm=True, slope=0.0, pool=pool, size=5)
        for pool in (False, True)
    ]
    found.append(fused_case(rng, 2, 5, 5, 4, 6, norm=True, slope=0.25, pool=True, groups=2))
    unread = fused_case(rng, 2, 8, 8, 16, 16, norm=True, slope=0.0, pool=True)
    found.append(Case(unread.kernel, ("y",), (), unread.arguments | {"index": None}))
    strided = fused_case(rng, 2, 12, 12, 3, 4, norm=False, slope=0.25, pool=False)
    found.append(
        Case(
            strided.kernel,
            ("y",),
            (),
            strided.arguments | {"y": nothing(2, 6, 6, 4), "strides": (2, 2)},
        )
    )
    return [*found, _pool_case(rng, 2, 7, 5, 3), _pool_case(rng, 3, 8, 8, 17)]


def _pool_case(rng, n, height, width, channels):
    small = (n, height // 2, width // 2, channels)
    return Case(
        "rectified_pool_backward",
        ("dx",),
        (),
        {
            "dx": nothing(n, height, width, channels),
            "dy": normal(rng, *small),
            "index": rng.integers(0, 4, small).astype(np.int32),
            "y": normal(rng, *small),
            "slope": 0.25,
        },
    )
