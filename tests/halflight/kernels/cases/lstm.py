"""Calls of the kernels of long short-term memory."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing
from tests.halflight.kernels.cases.recurrent import SIZES, activated, matrix


def lstm_cases(rng: np.random.Generator, n: int, t: int, u: int, reverse: bool) -> list[Case]:
    """Both passes of n samples, t steps and u units; the backward one with frozen weights too."""
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
    return [
        Case("lstm_forward", ("y", "c"), ("gates",), forward),
        Case("lstm_backward", (), ("gates", "dw"), backward),
        Case("lstm_backward", (), ("gates",), backward | {"dw": None}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Both directions."""
    return [case for size in SIZES for way in (False, True) for case in lstm_cases(rng, *size, way)]
