"""Calls of broadcasting, and of the sums back."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def _both_ways(rng: np.random.Generator, small: tuple[int, ...], large: tuple[int, ...]):
    return [
        Case("broadcast_to", ("y",), (), {"y": nothing(*large), "x": normal(rng, *small)}),
        Case("sum_to", ("dx",), (), {"dx": nothing(*small), "dy": normal(rng, *large)}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Axes of every kind beside each other; none that is repeated, and all."""
    shapes = (
        ((1,), (7,)),
        ((3, 5), (3, 5)),
        ((1, 1, 1), (1, 1, 1)),
        ((2, 1, 1, 17), (2, 9, 5, 17)),
        ((2, 1, 4, 1, 3, 1), (2, 3, 4, 2, 3, 5)),
        ((2, 4, 1, 3, 1, 2, 1), (2, 4, 2, 3, 3, 2, 3)),
        ((1, 3), (700, 3)),
        ((300, 1), (300, 70)),
    )
    return [case for small, large in shapes for case in _both_ways(rng, small, large)]
