"""Regularizers: penalties on weights that are added to the loss, with Keras's names."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halflight.nn.configuration import construct


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
        for name in ("l1", "l2"):
            value = getattr(self, name)
            if isinstance(value, bool | str) or not 0.0 <= value < math.inf:
                raise ValueError(
                    f"{type(self).__name__}: {name} must be finite and not negative, "
                    f"received {value!r}"
                )


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


REGULARIZERS: Mapping[str, type[L1L2]] = {"l1": L1, "l2": L2, "l1_l2": L1L2}
_CLASSES = {cls.__name__: cls for cls in REGULARIZERS.values()}


def get(regularizer: str | L1L2 | Mapping[str, Any] | None) -> L1L2 | None:
    """Return a regularizer from its Keras name, its configuration, or itself; None stays None.

    Raises:
        ValueError: no regularizer has that name.
    """
    if regularizer is None or isinstance(regularizer, L1L2):
        return regularizer
    if isinstance(regularizer, str):
        if regularizer not in REGULARIZERS:
            raise ValueError(
                f"unknown regularizer {regularizer!r}; known are {', '.join(REGULARIZERS)}"
            )
        return REGULARIZERS[regularizer]()
    built: L1L2 = construct(regularizer, _CLASSES, "regularizer")
    return built
