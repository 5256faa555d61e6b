"""Calls of the depthwise convolution kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import Case
from tests.halflight.kernels.cases.conv import Layout, three_passes


def depthwise_cases(
    rng: np.random.Generator,
    batch: int,
    channels: int,
    multiplier: int,
    layout: Layout,
    bias: bool = True,
) -> list[Case]:
    """All three passes of one depthwise convolution."""
    return three_passes(
        rng,
        "depthwise_conv2d",
        (batch, *layout.image, channels),
        (*layout.size, channels, multiplier),
        (batch, *layout.output, channels * multiplier),
        bias,
        layout.geometry,
    )


def cases(rng: np.random.Generator) -> list[Case]:
    """One channel and many, one output for each and three, every kind of geometry."""
    one, none = (1, 1), (0, 0)
    return [
        *depthwise_cases(rng, 2, 19, 1, Layout((7, 9), (3, 3), one, (1, 1), (2, 2), one)),
        *depthwise_cases(rng, 3, 5, 3, Layout((9, 8), (5, 2), (2, 3), (1, 1), (3, 1), one)),
        *depthwise_cases(rng, 1, 1, 1, Layout((1, 1), (1, 1), one, none, none, one), bias=False),
        *depthwise_cases(rng, 1, 4, 2, Layout((9, 8), (2, 3), (2, 1), (3, 2), (4, 4), (4, 2))),
    ]
