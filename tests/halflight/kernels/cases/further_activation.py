"""Calls of the further activations."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case

# Each function with its constants; the gradients follow from the input.
FUNCTIONS = {
    "celu": {"alpha": 1.5},
    "hard_silu": {},
    "hard_tanh": {},
    "hard_shrink": {"threshold": 0.5},
    "soft_shrink": {"threshold": 0.5},
    "tanh_shrink": {},
    "threshold_at": {"threshold": 0.25, "default": -2.0},
    "log_sigmoid": {},
    "sparse_plus": {},
    "sparse_sigmoid": {},
    "squareplus": {"b": 4.0},
}


def cases(rng: np.random.Generator) -> list[Case]:
    """Each function on every shape."""
    return [
        elementwise_case(rng, shape, f"{name}_{way}", *inputs, **constants)
        for shape in SHAPES
        for name, constants in FUNCTIONS.items()
        for way, inputs in (("forward", ["x"]), ("backward", ["dy", "x"]))
    ]
