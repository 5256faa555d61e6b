"""VarianceScaling and its special cases: a variance that follows from the weight's shape."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import POSITIVE, check, choice
from halflight.nn.initializers.initializer import Initializer, fans
from halflight.nn.initializers.random import truncated_normal

# Standard deviation of a unit normal cut at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978
_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Values of mean 0 and variance scale / n, where n is the number that `mode` names.

    Attributes:
        scale: above 0.
        mode: "fan_in" (values that each output reads), "fan_out", or "fan_avg" (their mean).
        distribution: "truncated_normal" (at two deviations, then widened to that variance),
            "untruncated_normal" or "uniform".

    Raises:
        ValueError: an argument out of its range.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        """Require a positive scale and known names."""
        check(self, POSITIVE, "scale")
        check(self, choice(*_MODES), "mode")
        check(self, choice(*_DISTRIBUTIONS), "distribution")

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the draws."""
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * self.scale / n)
            return rng.uniform(-limit, limit, shape)
        deviation = math.sqrt(self.scale / n)
        if self.distribution == "untruncated_normal":
            return rng.normal(0.0, deviation, shape)
        return truncated_normal(shape, rng) * (deviation / _TRUNCATED_DEVIATION)


@dataclass(frozen=True)
class GlorotUniform(VarianceScaling):
    """Uniform within +-sqrt(6 / (fan in + fan out)): Glorot & Bengio 2010, equation 16."""

    scale: float = field(init=False, default=1.0)
    mode: str = field(init=False, default="fan_avg")
    distribution: str = field(init=False, default="uniform")


@dataclass(frozen=True)
class GlorotNormal(VarianceScaling):
    """Truncated normal of variance 2 / (fan in + fan out): Glorot & Bengio 2010, equation 12."""

    scale: float = field(init=False, default=1.0)
    mode: str = field(init=False, default="fan_avg")
    distribution: str = field(init=False, default="truncated_normal")


@dataclass(frozen=True)
class HeUniform(VarianceScaling):
    """Uniform within +-sqrt(6 / fan in): the variance of He et al. 2015, equation 10."""

    scale: float = field(init=False, default=2.0)
    mode: str = field(init=False, default="fan_in")
    distribution: str = field(init=False, default="uniform")


@dataclass(frozen=True)
class HeNormal(VarianceScaling):
    """Truncated normal of variance 2 / fan in: He et al. 2015, equation 10."""

    scale: float = field(init=False, default=2.0)
    mode: str = field(init=False, default="fan_in")
    distribution: str = field(init=False, default="truncated_normal")


@dataclass(frozen=True)
class LecunUniform(VarianceScaling):
    """Uniform within +-sqrt(3 / fan in): the variance of LeCun et al. 1998, equation 16."""

    scale: float = field(init=False, default=1.0)
    mode: str = field(init=False, default="fan_in")
    distribution: str = field(init=False, default="uniform")


@dataclass(frozen=True)
class LecunNormal(VarianceScaling):
    """Truncated normal of variance 1 / fan in: LeCun et al. 1998, equation 16."""

    scale: float = field(init=False, default=1.0)
    mode: str = field(init=False, default="fan_in")
    distribution: str = field(init=False, default="truncated_normal")
