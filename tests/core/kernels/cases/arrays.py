"""Calls of the kernels that fill, copy and add whole arrays."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, nothing
from tests.core.kernels.cases.elementwise import SHAPES, elementwise_case


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
