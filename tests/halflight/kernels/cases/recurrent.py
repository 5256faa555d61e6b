"""What the cases of the recurrent kernels share: awkward sizes, weights and activated gates."""

import math

import numpy as np

from tests.halflight.kernels.cases.case import normal

# (samples, steps, units): one value; part of a tile; more than a tile and a register; two panels.
SIZES = ((1, 1, 1), (5, 4, 3), (29, 3, 37), (3, 2, 100))


def matrix(rng: np.random.Generator, units: int, width: int) -> np.ndarray:
    """Recurrent weights (units, width) that keep the states' size, exact in float32."""
    return normal(rng, units, width) * 0.5 ** round(math.log2(units) / 2)


def activated(rng: np.random.Generator, gates: str, *shape: int) -> np.ndarray:
    """Gates side by side, each of `shape`: "s" in (0, 1) as a sigmoid, "t" in (-1, 1) as a tanh."""
    parts = [rng.random(shape, np.float32).astype(np.float64) for _ in gates]
    for gate, part in zip(gates, parts, strict=True):
        if gate == "t":
            part[...] = 2.0 * part - 1.0
    return np.concatenate(parts, axis=-1)
