"""Calls of the kernels of long short-term memory."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, nothing
from tests.core.kernels.cases.recurrent import SIZES, activated, matrix


def cases(rng: np.random.Generator) -> list[Case]:
    """Both directions, and frozen weights."""
    found = []
    for n, t, u in SIZES:
        for reverse in (False, True):
            w = matrix(rng, u, 4 * u)
            forward = {
                "y": nothing(n, t, u),
                "c": nothing(n, t, u),
                "gates": normal(rng, n, t, 4 * u),
                "w": w,
                "reverse": reverse,
            }
            backward = {
                "gates": activated(rng, "ssts", n, t, u),
                "dw": normal(rng, u, 4 * u),
                "dy": normal(rng, n, t, u),
                "y": activated(rng, "t", n, t, u),
                "c": normal(rng, n, t, u),
                "w": w,
                "reverse": reverse,
            }
            found += [
                Case("lstm_forward", ("y", "c"), ("gates",), forward),
                Case("lstm_backward", (), ("gates", "dw"), backward),
                Case("lstm_backward", (), ("gates",), backward | {"dw": None}),
            ]
    return found
