"""Constraints: what weights are brought back to after every step, with Keras's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halflight.nn.checks import POSITIVE, check
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry


@dataclass(frozen=True)
class MaxNorm:
    """The weights that lead into one unit have a Euclidean norm of at most `max_value`.

    The norm is over all axes but the last, the units (Keras's axis=0 for a Dense kernel and
    axis=[0, 1, 2] for a Conv2D kernel); of a bias it is that of the whole vector (axis=0 again).
    Srivastava et al. 2014, section 5.1.

    Raises:
        ValueError: max_value is not a finite number above zero.
    """

    max_value: float = 2.0

    def __post_init__(self) -> None:
        """Require a positive norm."""
        check(self, POSITIVE, "max_value")


CONSTRAINTS = Registry[MaxNorm]("constraint", MaxNorm, snake_case)
CONSTRAINTS.register(MaxNorm)


def get(constraint: str | MaxNorm | Mapping[str, Any] | None) -> MaxNorm | None:
    """Return a constraint from its Keras name, its configuration, or itself; None stays None.

    Raises:
        ValueError: no constraint has that name.
    """
    return None if constraint is None else CONSTRAINTS.make(constraint)
