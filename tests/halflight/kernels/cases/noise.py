"""Calls of the noise kernels."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, elementwise_case


def _sampling(rng: np.random.Generator, *shape: int) -> list[Case]:
    scalars = {"seed": 7, "step": 3}
    forward = elementwise_case(rng, shape, "sampling_forward", "mean", "log_variance", **scalars)
    backward = elementwise_case(rng, shape, "sampling_backward", "dy", "log_variance", **scalars)
    arguments = {"dlog_variance" if n == "dx" else n: v for n, v in backward.arguments.items()}
    return [forward, Case("sampling_backward", ("dlog_variance",), (), arguments)]


def cases(rng: np.random.Generator) -> list[Case]:
    """Every kernel on every shape."""
    found: list[Case] = []
    for shape in SHAPES:
        seeds = {"seed": 7, "step": 3}
        noise, rate = {"stddev": 0.5} | seeds, {"rate": 0.25} | seeds
        found.append(elementwise_case(rng, shape, "gaussian_noise_forward", "x", **noise))
        found.append(elementwise_case(rng, shape, "gaussian_dropout_forward", "x", **rate))
        found.append(elementwise_case(rng, shape, "gaussian_dropout_backward", "dy", **rate))
        found += _sampling(rng, *shape)
    return found
