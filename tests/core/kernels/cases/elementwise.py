"""Calls of the activations."""

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


def cases(rng: np.random.Generator) -> list[Case]:
    """Each function on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        found += [
            elementwise_case(rng, shape, kernel, *inputs, **scalars)
            for kernel, inputs, scalars in (
                ("relu_forward", ["x"], {}),
                ("relu_backward", ["dy", "y"], {}),
                ("leaky_relu_forward", ["x"], {"negative_slope": 0.125}),
                ("leaky_relu_backward", ["dy", "y"], {"negative_slope": 0.125}),
                ("elu_forward", ["x"], {"alpha": 1.5}),
                ("elu_backward", ["dy", "y"], {"alpha": 1.5}),
                ("sigmoid_forward", ["x"], {}),
                ("sigmoid_backward", ["dy", "y"], {}),
                ("tanh_forward", ["x"], {}),
                ("tanh_backward", ["dy", "y"], {}),
                ("softplus_forward", ["x"], {}),
                ("softplus_backward", ["dy", "x"], {}),
                ("silu_forward", ["x"], {}),
                ("silu_backward", ["dy", "x"], {}),
            )
        ]
    return found
