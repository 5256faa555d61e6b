"""Calls of the reductions."""

import numpy as np

from tests.core.kernels.cases.case import SHAPES, Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """Each on every shape."""
    return [
        Case(kernel, ("out",), (), {"out": nothing(1), "x": normal(rng, *shape)})
        for shape in SHAPES
        for kernel in ("sum_of_squares", "all_finite")
    ]
