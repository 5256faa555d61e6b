"""Initializers that draw from a given distribution, whatever the weight's size."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import FINITE, NOT_NEGATIVE, check
from halflight.nn.initializers.initializer import Initializer


@dataclass(frozen=True)
class RandomNormal(Initializer):
    """Independent normal values."""

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        """Require numbers, the deviation not negative."""
        check(self, FINITE, "mean")
        check(self, NOT_NEGATIVE, "stddev")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return draws from a normal distribution."""
        return rng.normal(self.mean, self.stddev, shape)


@dataclass(frozen=True)
class TruncatedNormal(Initializer):
    """Normal values within two deviations of the mean.

    `stddev` is that of the normal distribution before it is cut: the values' is 0.88 times it.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        """Require numbers, the deviation not negative."""
        check(self, FINITE, "mean")
        check(self, NOT_NEGATIVE, "stddev")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws, redrawn where they fall outside."""
        return self.mean + self.stddev * truncated_normal(shape, rng)


@dataclass(frozen=True)
class RandomUniform(Initializer):
    """Independent values, uniform from `minval` to `maxval`."""

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        """Require numbers in order."""
        check(self, FINITE, "minval", "maxval")
        if self.minval > self.maxval:
            raise ValueError(
                f"RandomUniform: minval must be at most maxval, received {self.minval!r} and "
                f"{self.maxval!r}"
            )

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        return rng.uniform(self.minval, self.maxval, shape)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, times `gain`: Saxe et al. 2014."""

    gain: float = 1.0

    def __post_init__(self) -> None:
        """Require a number."""
        check(self, FINITE, "gain")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the orthogonal factor of a normal matrix, signs fixed so that it is unique."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: needs at least two axes, received shape {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q *= np.sign(np.diag(r))
        matrix = q if rows >= columns else q.T
        return np.ascontiguousarray(self.gain * matrix).reshape(shape)


def truncated_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return standard normal draws, redrawn where they fall outside -2 to 2."""
    values = rng.standard_normal(shape)
    outside = np.abs(values) > 2.0
    while outside.any():
        values[outside] = rng.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2.0
    return values
