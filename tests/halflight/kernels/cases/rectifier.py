"""Calls of the activations in pieces."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case, normal, nothing

# Each function, the array that its gradient follows from, and its constants.
FUNCTIONS = {
    "clipped_relu": ("x", {"max_value": 4.0, "negative_slope": 0.125, "threshold": 0.5}),
    "elu": ("y", {"alpha": 1.5}),
    "hard_sigmoid": ("y", {}),
    "leaky_relu": ("y", {"negative_slope": 0.125}),
    "relu": ("y", {}),
    "selu": ("y", {}),
    "step": ("y", {}),
}


def _prelu_cases(rng: np.random.Generator, *shape: int) -> list[Case]:
    x, dy = normal(rng, *shape), normal(rng, *shape)
    alpha, dalpha = normal(rng, shape[-1]), normal(rng, shape[-1])
    backward = {"dx": nothing(*shape), "dy": dy, "x": x, "alpha": alpha}
    return [
        Case("prelu_forward", ("y",), (), {"y": nothing(*shape), "x": x, "alpha": alpha}),
        Case("prelu_backward", ("dx",), ("dalpha",), backward | {"dalpha": dalpha}),
        Case("prelu_backward", ("dx",), (), backward | {"dalpha": None}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Each function on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        for name, (known, scalars) in FUNCTIONS.items():
            found.append(elementwise_case(rng, shape, f"{name}_forward", "x", **scalars))
            found.append(elementwise_case(rng, shape, f"{name}_backward", "dy", known, **scalars))
    for shape in ((1, 1), (3, 5, 2, 3), (700, 17)):
        found += _prelu_cases(rng, *shape)
    return found
