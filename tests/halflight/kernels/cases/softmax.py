"""Calls of softmax and its logarithm."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, elementwise_case


def cases(rng: np.random.Generator) -> list[Case]:
    """One row and many, one class and many."""
    found = [
        elementwise_case(rng, shape, f"{name}_{way}", *inputs)
        for shape in ((1,), (7,), (3, 5, 2, 3), (90, 33), (4, 1500))
        for name in ("softmax", "log_softmax")
        for way, inputs in (("forward", ["x"]), ("backward", ["dy", "y"]))
    ]
    causal = ((1, 1), (3, 5, 5), (2, 3, 7), (2, 7, 3), (90, 33))
    return found + [elementwise_case(rng, s, "causal_softmax_forward", "x") for s in causal]
