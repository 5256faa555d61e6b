"""Calls of the bias kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal


def cases(rng: np.random.Generator) -> list[Case]:
    """Vectors and images, and more rows than one task takes."""
    found: list[Case] = []
    for shape in ((1,), (5, 3), (2, 3, 4, 17), (700, 5)):
        y, b = normal(rng, *shape), normal(rng, shape[-1])
        found += [
            Case("bias_forward", (), ("y",), {"y": y, "b": b}),
            Case("bias_backward", (), ("db",), {"db": b, "dy": y}),
        ]
    return found
