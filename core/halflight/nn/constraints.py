"""Constraints: what weights are brought back to after every step, with Keras's names."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halflight.nn.configuration import construct


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
        value = self.max_value
        if isinstance(value, bool | str) or not 0.0 < value < math.inf:
            raise ValueError(
                f"MaxNorm: max_value must be a finite number above 0, received {value!r}"
            )


CONSTRAINTS: Mapping[str, type[MaxNorm]] = {"max_norm": MaxNorm}
_CLASSES = {cls.__name__: cls for cls in CONSTRAINTS.values()}


def get(constraint: str | MaxNorm | Mapping[str, Any] | None) -> MaxNorm | None:
    """Return a constraint from its Keras name, its configuration, or itself; None stays None.

    Raises:
        ValueError: no constraint has that name.
    """
    if constraint is None or isinstance(constraint, MaxNorm):
        return constraint
    if isinstance(constraint, str):
        if constraint not in CONSTRAINTS:
            raise ValueError(
                f"unknown constraint {constraint!r}; known are {', '.join(CONSTRAINTS)}"
            )
        return CONSTRAINTS[constraint]()
    built: MaxNorm = construct(constraint, _CLASSES, "constraint")
    return built
