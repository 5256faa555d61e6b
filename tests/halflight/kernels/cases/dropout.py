"""Calls of the dropout kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case


def cases(rng: np.random.Generator) -> list[Case]:
    """Both passes on every shape; of spatial dropout with one position and many."""
    scalars = {"rate": 0.25, "seed": 7, "step": 3}
    return [
        elementwise_case(rng, shape, f"{name}_{way}", array, **scalars)
        for name, shapes in (
            ("dropout", SHAPES),
            ("spatial_dropout", ((1, 1, 1), (5, 1, 7), (3, 20, 33))),
        )
        for shape in shapes
        for way, array in (("forward", "x"), ("backward", "dy"))
    ]
