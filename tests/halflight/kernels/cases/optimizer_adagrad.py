"""Calls of the steps of Adagrad and its kin."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, positive


def _optimizers(rng: np.random.Generator, size: int) -> list[Case]:
    w, g, velocity = normal(rng, size), normal(rng, size), normal(rng, size)
    squares, changes = positive(rng, size), positive(rng, size)
    mean = 0.125 * normal(rng, size)  # so small that no variance is near zero
    common = {"w": w, "g": g, "squares": squares, "learning_rate": 0.125, "epsilon": 2.0**-10}
    common |= {"weight_decay": 0.25, "finite": np.ones(1)}
    rmsprop = common | {"mean": None, "velocity": None, "rho": 0.75, "momentum": 0.5}
    return [
        Case("adagrad_step", (), ("w", "squares"), common),
        Case(
            "adadelta_step",
            (),
            ("w", "squares", "changes"),
            common | {"changes": changes, "rho": 0.75},
        ),
        Case("rmsprop_step", (), ("w", "squares"), rmsprop),
        Case("rmsprop_step", (), ("w", "squares", "mean"), rmsprop | {"mean": mean}),
        Case("rmsprop_step", (), ("w", "squares", "velocity"), rmsprop | {"velocity": velocity}),
        Case(
            "rmsprop_step",
            (),
            ("w", "squares", "mean", "velocity"),
            rmsprop | {"mean": mean, "velocity": velocity},
        ),
    ]


def cases(rng: np.random.Generator) -> list[Case]:
    """A few values and more than a block."""
    return [case for size in (70, 2590, 21000) for case in _optimizers(rng, size)]
