"""Calls of the embedding kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """One index, and many of which some come often."""
    found = []
    for shape, rows, columns in (((1,), 1, 1), ((4, 5), 7, 3), ((300,), 11, 37)):
        index = rng.integers(0, rows, shape, dtype=np.int32)
        dy, w, dw = normal(rng, *shape, columns), normal(rng, rows, columns), None
        y, dw = nothing(*shape, columns), normal(rng, rows, columns)
        found += [
            Case("embedding_forward", ("y",), (), {"y": y, "index": index, "w": w}),
            Case("embedding_backward", (), ("dw",), {"dw": dw, "dy": dy, "index": index}),
        ]
    return found
