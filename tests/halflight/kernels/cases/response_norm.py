"""Calls of local response normalisation."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, elementwise_case


def cases(rng: np.random.Generator) -> list[Case]:
    """Windows smaller and larger than the channels, and of one channel."""
    return [
        elementwise_case(
            rng,
            shape,
            kernel,
            *inputs,
            depth_radius=radius,
            bias=1.5,
            alpha=0.25,
            beta=beta,
        )
        for shape, radius, beta in (
            ((3, 2, 1, 17), 2, 0.75),
            ((300, 3), 5, 0.5),
            ((2, 5, 7, 33), 0, 0.5),
            ((1, 1), 1, 0.75),
        )
        for kernel, inputs in (
            ("local_response_norm_forward", ["x"]),
            ("local_response_norm_backward", ["dy", "x"]),
        )
    ]
