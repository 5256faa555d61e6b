"""Calls of sums and concatenations."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, nothing

# Nothing here is a multiple of a vector or of a block.
SHAPES = ((1,), (7,), (3, 5, 2, 3), (20011,))


def elementwise_case(
    rng: np.random.Generator, shape: tuple[int, ...], kernel: str, *inputs: str, **scalars: float
) -> Case:
    """A call of a kernel that maps arrays of one shape to y, or to dx."""
    output = "dx" if kernel.endswith("backward") else "y"
    arrays = {name: normal(rng, *shape) * 3.0 for name in inputs}
    return Case(kernel, (output,), (), {output: nothing(*shape)} | arrays | scalars)


def _concatenations(rng: np.random.Generator, *shape: int) -> list[Case]:
    return [
        Case(
            "concatenate_forward",
            (),
            ("y",),
            {"y": normal(rng, *shape, 9), "offset": 2, "x": normal(rng, *shape, 4)},
        ),
        Case(
            "concatenate_backward",
            ("dx",),
            (),
            {"dx": nothing(*shape, 4), "dy": normal(rng, *shape, 9), "offset": 5},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Both on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        found.append(elementwise_case(rng, shape, "add_forward", "a", "b"))
        found += _concatenations(rng, *shape[:-1])
    return found
