"""Regularizers: penalties on weights that are added to the loss, with Keras's names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halflight.nn.checks import NOT_NEGATIVE, check
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry


@dataclass(frozen=True)
class L1L2:
    """l1 * sum |w| + l2 * sum w^2, added to the loss once a step (as Keras does, without a half).

    Raises:
        ValueError: a factor is negative or not finite.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        """Require factors of zero or more."""
        check(self, NOT_NEGATIVE, "l1", "l2")


@dataclass(frozen=True)
class L1(L1L2):
    """l1 * sum |w|: drives weights to exactly zero."""

    l1: float = 0.01
    l2: float = field(init=False, default=0.0)


@dataclass(frozen=True)
class L2(L1L2):
    """l2 * sum w^2: keeps weights small."""

    l1: float = field(init=False, default=0.0)
    l2: float = 0.01


REGULARIZERS = Registry[L1L2]("regularizer", L1L2, snake_case)
REGULARIZERS.collect(globals(), l1_l2="L1L2")
REGULARIZERS.register(L1L2)


def get(regularizer: str | L1L2 | Mapping[str, Any] | None) -> L1L2 | None:
    """Return a regularizer from its Keras name, its configuration, or itself; None stays None.

    Raises:
        ValueError: no regularizer has that name.
    """
    return None if regularizer is None else REGULARIZERS.make(regularizer)
