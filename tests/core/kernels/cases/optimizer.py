"""Calls of the optimiser steps."""

import numpy as np

from tests.core.kernels.cases.case import Case, normal, positive


def _optimizers(rng: np.random.Generator, size: int) -> list[Case]:
    w, g, m, v = normal(rng, size), normal(rng, size), normal(rng, size), positive(rng, size)
    sgd = {"w": w, "g": g, "velocity": m, "learning_rate": 0.125, "momentum": 0.75}
    adam = {"w": w, "g": g, "m": m, "v": v, "learning_rate": 0.125, "beta_1": 0.875}
    adam |= {"beta_2": 0.96875, "epsilon": 2.0**-20, "weight_decay": 0.25, "step": 3}
    return [
        Case("sgd_step", (), ("w", "velocity"), sgd | {"nesterov": False}),
        Case("sgd_step", (), ("w", "velocity"), sgd | {"nesterov": True}),
        Case("adam_step", (), ("w", "m", "v"), adam),
        Case("scale", (), ("x",), {"x": w, "factor": 0.3}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """A few values and more than a block."""
    return [case for size in (70, 2590, 21000) for case in _optimizers(rng, size)]
