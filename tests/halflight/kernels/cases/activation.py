"""Calls of the smooth activations."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case

# Each function, and the array that its gradient follows from.
FUNCTIONS = {
    "exponential": "y",
    "gaussian": "x",
    "gelu": "x",
    "gelu_tanh": "x",
    "mish": "x",
    "sigmoid": "y",
    "silu": "x",
    "softplus": "x",
    "softsign": "y",
    "tanh": "y",
}


def cases(rng: np.random.Generator) -> list[Case]:
    """Each function on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        for name, known in FUNCTIONS.items():
            found.append(elementwise_case(rng, shape, f"{name}_forward", "x"))
            found.append(elementwise_case(rng, shape, f"{name}_backward", "dy", known))
    return found
