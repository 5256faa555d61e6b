"""Calls of the reductions."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """Each on every shape, and with a last value that is not finite."""
    found = []
    for shape in SHAPES:
        x = normal(rng, *shape)
        found.append(Case("sum_of_squares", ("out",), (), {"out": nothing(1), "x": x}))
        for last in (0.0, np.inf, -np.inf, np.nan):
            with_last = x.copy()
            with_last.flat[-1] = last
            arguments = {"finite": np.ones(1), "x": with_last}
            found.append(Case("keep_finite", (), ("finite",), arguments))
    return found
