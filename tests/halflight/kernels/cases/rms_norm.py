"""Calls of root-mean-square normalisation."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing, positive


def _cases(rng: np.random.Generator, *shape: int, scaled: bool = True) -> list[Case]:
    rows, features = shape[:-1], shape[-1]
    x, dy = normal(rng, *shape) * 2.0 + 1.0, normal(rng, *shape)
    inverse = np.asarray(1.0 / np.sqrt((x * x).mean(-1) + 0.125), np.float32).astype(np.float64)
    gamma = positive(rng, features) if scaled else None
    dgamma = normal(rng, features) if scaled else None
    forward = {"y": nothing(*shape), "inverse": nothing(*rows), "x": x, "gamma": gamma}
    backward = {"dx": nothing(*shape), "dgamma": dgamma, "dy": dy, "x": x, "gamma": gamma}
    return [
        Case("rms_norm_forward", ("y", "inverse"), (), forward | {"epsilon": 0.125}),
        Case(
            "rms_norm_backward",
            ("dx",),
            ("dgamma",) if scaled else (),
            backward | {"inverse": inverse},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """Few rows and many, one feature and many, with and without gamma."""
    shapes = ((3, 2, 1, 17), (300, 3), (5, 600), (1, 5), (4, 1))
    found = [case for shape in shapes for case in _cases(rng, *shape)]
    return found + _cases(rng, 70, 33, scaled=False)
