"""Calls of the dropout kernels."""

import numpy as np

from tests.core.kernels.cases.case import Case
from tests.core.kernels.cases.elementwise import SHAPES, elementwise_case


def cases(rng: np.random.Generator) -> list[Case]:
    """Both passes on every shape."""
    scalars = {"rate": 0.25, "seed": 7, "step": 3}
    return [
        elementwise_case(rng, shape, kernel, array, **scalars)
        for shape in SHAPES
        for kernel, array in (("dropout_forward", "x"), ("dropout_backward", "dy"))
    ]
