"""Calls of the kernels that fill, copy and add whole arrays."""

import numpy as np

from tests.core.kernels.cases.case import SHAPES, Case, elementwise_case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """Each on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        found += [
            elementwise_case(rng, shape, "copy", "x"),
            Case("fill", ("y",), (), {"y": nothing(*shape), "value": 0.5}),
            Case("accumulate", (), ("y",), {"y": normal(rng, *shape), "x": normal(rng, *shape)}),
        ]
    return found
