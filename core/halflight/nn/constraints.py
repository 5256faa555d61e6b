"""Constraints: what weights are brought back to after every step, with Keras's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halflight.kernels import Backend
from halflight.nn.checks import NOT_NEGATIVE, POSITIVE, SHARE, broken, check
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry


@dataclass(frozen=True)
class Constraint:
    """What the weights of a layer are brought back to after every step.

    Norms are Euclidean, of the weights that lead into one unit: over all axes but the last, the
    units (Keras's axis=0 for a Dense kernel and axis=[0, 1, 2] for a Conv2D kernel); of a bias
    that of the whole vector (axis=0 again).
    """

    def apply(self, kernels: Backend, columns: Any, finite: Any) -> None:
        """Change weights (inputs, units) in place, if everything was `finite` (1,)."""
        raise NotImplementedError


@dataclass(frozen=True)
class MaxNorm(Constraint):
    """Norms are at most `max_value`: Srivastava et al. 2014, section 5.1.

    Raises:
        ValueError: max_value is not a finite number above zero.
    """

    max_value: float = 2.0

    def __post_init__(self) -> None:
        """Require a positive norm."""
        check(self, POSITIVE, "max_value")

    def apply(self, kernels: Backend, columns: Any, finite: Any) -> None:
        """Scale what is too large."""
        kernels.max_norm(columns, finite, self.max_value)


@dataclass(frozen=True)
class MinMaxNorm(Constraint):
    """Norms are within min_value and max_value, or come a share `rate` of the way there a step.

    Raises:
        ValueError: a value is negative or not finite, the least above the most, or no share.
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0

    def __post_init__(self) -> None:
        """Require limits in order and a share."""
        check(self, NOT_NEGATIVE, "min_value", "max_value")
        check(self, SHARE, "rate")
        if self.min_value > self.max_value:
            raise broken(
                self, f"min_value must be at most max_value {self.max_value}", self.min_value
            )

    def apply(self, kernels: Backend, columns: Any, finite: Any) -> None:
        """Scale what lies outside."""
        kernels.min_max_norm(columns, finite, self.min_value, self.max_value, self.rate)


@dataclass(frozen=True)
class UnitNorm(Constraint):
    """Norms are 1."""

    def apply(self, kernels: Backend, columns: Any, finite: Any) -> None:
        """Scale to 1."""
        kernels.min_max_norm(columns, finite, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class NonNeg(Constraint):
    """Weights are 0 or more."""

    def apply(self, kernels: Backend, columns: Any, finite: Any) -> None:
        """Make negative weights 0."""
        kernels.not_negative(columns, finite)


CONSTRAINTS = Registry[Constraint]("constraint", Constraint, snake_case)
CONSTRAINTS.collect(globals())


def get(constraint: str | Constraint | Mapping[str, Any] | None) -> Constraint | None:
    """Return a constraint from its Keras name, its configuration, or itself; None stays None.

    Raises:
        ValueError: no constraint has that name.
    """
    return None if constraint is None else CONSTRAINTS.make(constraint)
