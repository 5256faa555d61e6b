"""Calls of the simple recurrent kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal
from tests.halflight.kernels.cases.recurrent import SIZES, activated, matrix


def cases(rng: np.random.Generator) -> list[Case]:
    """Every activation, both directions, and frozen weights."""
    found = []
    for number, (n, t, u) in enumerate(SIZES):
        activation = ("linear", "relu", "sigmoid", "tanh")[number]
        for reverse in (False, True):
            scalars = {"activation": activation, "reverse": reverse}
            w, y = matrix(rng, u, u), activated(rng, "t", n, t, u)
            past = {"dy": normal(rng, n, t, u), "dw": normal(rng, u, u), "y": y, "w": w}
            forward = {"y": normal(rng, n, t, u), "w": w}
            found += [
                Case("simple_rnn_forward", (), ("y",), forward | scalars),
                Case("simple_rnn_backward", (), ("dy", "dw"), past | scalars),
                Case("simple_rnn_backward", (), ("dy",), past | {"dw": None} | scalars),
            ]
    return found
