"""Calls of the kernels that turn and move images."""

from typing import Any

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def _both_ways(
    rng: np.random.Generator, kernel: str, shape: tuple[int, ...], **scalars: Any
) -> list[Case]:
    seeds = {"seed": 7, "step": 3}
    forward = {"y": nothing(*shape), "x": normal(rng, *shape)} | scalars | seeds
    backward = {"dx": nothing(*shape), "dy": normal(rng, *shape)} | scalars | seeds
    return [
        Case(f"{kernel}_forward", ("y",), (), forward),
        Case(f"{kernel}_backward", ("dx",), (), backward),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Every orientation many times over, images that are not square, and shifts up to all of it."""
    found = []
    for shape, orientations in (
        ((64, 5, 5, 1), tuple(range(8))),
        ((33, 4, 4, 3), (1, 5, 7)),
        ((17, 3, 6, 2), (0, 2, 4, 6)),
        ((1, 1, 1, 1), (3,)),
        ((3, 96, 96, 1), (7, 1)),
    ):
        found += _both_ways(rng, "random_orientation", shape, orientations=orientations)
    for shape, down, right in (
        ((64, 5, 5, 1), (-5, 5), (-5, 5)),
        ((17, 3, 6, 2), (0, 2), (-1, -1)),
        ((1, 1, 1, 3), (0, 0), (0, 0)),
        ((3, 96, 96, 1), (-9, 9), (3, 40)),
    ):
        found += _both_ways(rng, "random_shift", shape, down=down, right=right)
    return found
