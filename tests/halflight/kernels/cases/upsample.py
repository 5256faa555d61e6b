"""Calls of the kernels that enlarge images."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def _enlargements(
    rng: np.random.Generator, kernel: str, shape: tuple[int, ...], size: tuple[int, int]
) -> list[Case]:
    batch, height, width, channels = shape
    large = (batch, height * size[0], width * size[1], channels)
    forward = {"y": nothing(*large), "x": normal(rng, *shape), "size": size}
    backward = {"dx": nothing(*shape), "dy": normal(rng, *large), "size": size}
    return [
        Case(f"{kernel}_forward", ("y",), (), forward),
        Case(f"{kernel}_backward", ("dx",), (), backward),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Even and odd sizes, one pixel, and none added."""
    return [
        case
        for kernel in ("upsample2d_nearest", "upsample2d_bilinear")
        for shape, size in (
            ((2, 3, 4, 5), (2, 2)),
            ((3, 2, 5, 1), (3, 4)),
            ((1, 1, 1, 2), (2, 5)),
            ((1, 4, 1, 17), (1, 3)),
        )
        for case in _enlargements(rng, kernel, shape, size)
    ]
