"""Initial values of weights: the initializers of Keras 3, drawn from an explicit generator."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.nn.configuration import construct

# Standard deviation of a unit normal cut at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978


@dataclass(frozen=True)
class Initializer:
    """Draws the initial value of one weight."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return a float64 array of `shape`."""
        raise NotImplementedError


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (fan in, fan out) of a weight whose last two axes are inputs and outputs."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


@dataclass(frozen=True)
class Constant(Initializer):
    """The same value everywhere."""

    value: float = 0.0

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return a constant array; nothing is drawn."""
        return np.full(shape, self.value, dtype=np.float64)


@dataclass(frozen=True)
class Zeros(Initializer):
    """Zero everywhere."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros; nothing is drawn."""
        return np.zeros(shape)


@dataclass(frozen=True)
class Ones(Initializer):
    """One everywhere."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return ones; nothing is drawn."""
        return np.ones(shape)


@dataclass(frozen=True)
class RandomNormal(Initializer):
    """Independent normal values."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return draws from a normal distribution."""
        return rng.normal(self.mean, self.stddev, shape)


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """Uniform within +-sqrt(6 / (fan in + fan out)): Glorot & Bengio 2010, equation 16."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        limit = math.sqrt(6.0 / sum(fans(shape)))
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class HeUniform(Initializer):
    """Uniform within +-sqrt(6 / fan in): the variance of He et al. 2015, equation 10."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return uniform draws."""
        limit = math.sqrt(6.0 / fans(shape)[0])
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class HeNormal(Initializer):
    """Truncated normal of variance 2 / fan in: He et al. 2015, equation 10."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return normal draws within two standard deviations, redrawn where they fall outside."""
        values = rng.standard_normal(shape)
        outside = np.abs(values) > 2.0
        while outside.any():
            values[outside] = rng.standard_normal(int(outside.sum()))
            outside = np.abs(values) > 2.0
        return values * (math.sqrt(2.0 / fans(shape)[0]) / _TRUNCATED_DEVIATION)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, times `gain`: Saxe et al. 2014."""

    gain: float = 1.0

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


INITIALIZERS: Mapping[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "random_normal": RandomNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "orthogonal": Orthogonal,
}
_CLASSES = {cls.__name__: cls for cls in INITIALIZERS.values()}


def get(initializer: str | Initializer | Mapping[str, Any]) -> Initializer:
    """Return an initializer from its Keras name, its configuration, or itself.

    Raises:
        ValueError: no initializer has that name.
    """
    if isinstance(initializer, Initializer):
        return initializer
    if isinstance(initializer, str):
        if initializer not in INITIALIZERS:
            raise ValueError(
                f"unknown initializer {initializer!r}; known are {', '.join(INITIALIZERS)}"
            )
        return INITIALIZERS[initializer]()
    built: Initializer = construct(initializer, _CLASSES, "initializer")
    return built
