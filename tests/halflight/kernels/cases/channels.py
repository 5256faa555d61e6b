"""Calls of the kernels that lose channels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, elementwise_case


def cases(rng: np.random.Generator) -> list[Case]:
    """Both passes, with one position and many; every sample, and some."""
    return [
        elementwise_case(
            rng, shape, f"random_channels_{way}", array, share=share, rate=0.5, seed=7, step=3
        )
        for shape in ((1, 1, 1), (5, 1, 7), (6, 20, 5))
        for share in (0.6, 1.0)
        for way, array in (("forward", "x"), ("backward", "dy"))
    ]
