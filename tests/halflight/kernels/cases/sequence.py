"""Calls of the kernels that turn and cut sequences."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """One step, and several."""
    found = []
    for n, t, u in ((1, 1, 1), (3, 5, 17)):
        x, y, step = normal(rng, n, t, u), nothing(n, t, u), normal(rng, n, u)
        found += [
            Case("reverse_time", ("y",), (), {"y": y, "x": x}),
            Case("take_time", ("y",), (), {"y": nothing(n, u), "x": x, "time": t // 2}),
            Case("put_time", ("dx",), (), {"dx": y, "dy": step, "time": t // 2}),
        ]
    return found
