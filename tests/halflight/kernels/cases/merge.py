"""Calls of the kernels that merge two arrays of one shape."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case, normal, nothing


def _extremum(rng: np.random.Generator, *shape: int) -> Case:
    """About half of the values of x are those of y."""
    y = normal(rng, *shape)
    x = np.where(rng.random(shape) < 0.5, y, y - 1.0)
    arrays = {"dx": nothing(*shape), "dy": normal(rng, *shape), "x": x, "y": y}
    return Case("extremum_backward", ("dx",), ("dy",), arrays)


def cases(rng: np.random.Generator) -> list[Case]:
    """Each kernel on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        found += [
            elementwise_case(rng, shape, f"{kernel}_forward", "a", "b")
            for kernel in ("add", "subtract", "multiply", "maximum", "minimum")
        ]
        found.append(_extremum(rng, *shape))
    return found
