"""Calls of the simpler optimiser steps."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal


def optimizers(rng: np.random.Generator, size: int) -> list[Case]:
    w, g, m = normal(rng, size), normal(rng, size), normal(rng, size)
    sgd = {"w": w, "g": g, "velocity": m, "learning_rate": 0.125, "momentum": 0.75}
    sgd |= {"nesterov": False, "weight_decay": 0.25, "finite": np.ones(1)}
    lion = {"w": w, "g": g, "m": m, "learning_rate": 0.125, "beta_1": 0.875, "beta_2": 0.75}
    lion |= {"weight_decay": 0.25, "finite": np.ones(1)}
    average = {"average": m, "w": w, "finite": np.ones(1), "momentum": 0.75}
    return [
        Case("sgd_step", (), ("w", "velocity"), sgd),
        Case("sgd_step", (), ("w", "velocity"), sgd | {"nesterov": True}),
        Case("lion_step", (), ("w", "m"), lion),
        Case("average_step", (), ("average",), average),
        Case("clip", (), ("x",), {"x": w, "limit": 0.5}),
        Case("limit_norm", (), ("x",), {"x": w, "squares": np.array([5.0, 4.0]), "limit": 2.0}),
        Case("limit_norm", (), ("x",), {"x": w, "squares": np.array([5.0, 4.0]), "limit": 3.5}),
        Case("scale", (), ("x",), {"x": w, "factor": 0.3}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """A few values and more than a block."""
    return [case for size in (70, 2590, 21000) for case in optimizers(rng, size)]
