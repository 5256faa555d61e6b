"""Calls of the steps of Adam and its kin."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive


def adams(rng: np.random.Generator, size: int) -> list[Case]:
    w, g, m, v = normal(rng, size), normal(rng, size), normal(rng, size), positive(rng, size)
    common = {"w": w, "g": g, "m": m, "learning_rate": 0.125, "beta_1": 0.875, "beta_2": 0.96875}
    common |= {"epsilon": 2.0**-20, "weight_decay": 0.25, "step": 3, "finite": np.ones(1)}
    momenta = {"momentum": 0.5, "next_momentum": 0.625, "momentum_product": 0.25}
    largest = {"v": v, "v_max": positive(rng, size)}
    return [
        Case("adam_step", (), ("w", "m", "v"), common | {"v": v}),
        Case("amsgrad_step", (), ("w", "m", "v", "v_max"), common | largest),
        Case("adamax_step", (), ("w", "m", "u"), common | {"u": v}),
        Case("nadam_step", (), ("w", "m", "v"), common | momenta | {"v": v}),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """A few values and more than a block."""
    return [case for size in (70, 2590, 21000) for case in adams(rng, size)]
