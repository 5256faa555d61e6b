"""Calls of the dense kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def dense_cases(rng: np.random.Generator, batch: int, inputs: int, units: int) -> list[Case]:
    """All passes of one dense layer, with a bias and without."""
    x, w, dy = normal(rng, batch, inputs), normal(rng, inputs, units), normal(rng, batch, units)
    y, dx, dw, db = nothing(batch, units), nothing(batch, inputs), normal(rng, inputs, units), None
    return [
        Case("dense_forward", ("y",), (), {"y": y, "x": x, "w": w, "b": normal(rng, units)}),
        Case("dense_backward_input", ("dx",), (), {"dx": dx, "dy": dy, "w": w}),
        Case(
            "dense_backward_weights",
            (),
            ("dw", "db"),
            {"dw": dw, "db": normal(rng, units), "dy": dy, "x": x},
        ),
        Case("dense_backward_weights", (), ("dw",), {"dw": dw, "db": db, "dy": dy, "x": x}),
        Case(
            "dense_backward_weights",
            ("dw",),
            (),
            {"dw": nothing(inputs, units), "db": db, "dy": dy, "x": x, "fresh": True},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """One value, a few, more than a tile, and more than a panel in every direction."""
    sizes = ((1, 1, 1), (5, 37, 19), (50, 300, 33), (201, 395, 199))
    return [case for size in sizes for case in dense_cases(rng, *size)]
