"""Initializers that draw nothing: constants and the identity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import FINITE, check
from halflight.nn.initializers.initializer import Initializer


@dataclass(frozen=True)
class Constant(Initializer):
    """The same value everywhere."""

    value: float = 0.0

    def __post_init__(self) -> None:
        """Require a number."""
        check(self, FINITE, "value")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return a constant array."""
        return np.full(shape, self.value, dtype=np.float64)


@dataclass(frozen=True)
class Zeros(Initializer):
    """Zero everywhere."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros."""
        return np.zeros(shape)


@dataclass(frozen=True)
class Ones(Initializer):
    """One everywhere."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return ones."""
        return np.ones(shape)


@dataclass(frozen=True)
class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zero elsewhere."""

    gain: float = 1.0

    def __post_init__(self) -> None:
        """Require a number."""
        check(self, FINITE, "gain")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the matrix; raise ValueError for any other shape."""
        if len(shape) != 2:
            raise ValueError(f"Identity: needs two axes, received shape {shape}")
        return self.gain * np.eye(*shape)
