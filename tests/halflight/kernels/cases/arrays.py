"""Calls of the kernels that fill, copy and add whole arrays."""

from typing import Any

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case, normal, nothing


def _copied_if(rng: np.random.Generator, shape: tuple[int, ...], flag: float) -> dict[str, Any]:
    arrays = {"y": normal(rng, *shape), "x": normal(rng, *shape), "flag": np.array([flag])}
    return arrays | {"wanted": True}


def cases(rng: np.random.Generator) -> list[Case]:
    """Each on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        found += [
            elementwise_case(rng, shape, "copy", "x"),
            Case("copy_if", (), ("y",), _copied_if(rng, shape, 1.0)),
            Case("copy_if", (), ("y",), _copied_if(rng, shape, 0.0)),
            Case("fill", ("y",), (), {"y": nothing(*shape), "value": 0.5}),
            Case("accumulate", (), ("y",), {"y": normal(rng, *shape), "x": normal(rng, *shape)}),
        ]
    return found
