"""Arrays: what layers compute on, and the named weights and scratch memory that they declare."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.regularizers import L1L2

Array: TypeAlias = Any
"""An array of the back end (NumPy on a CPU, a device array elsewhere); only kernels index it."""
Host: TypeAlias = NDArray[Any]
"""An array of the host."""
Shape: TypeAlias = tuple[int, ...]
"""A shape without its batch axis."""


@dataclass(eq=False)
class Weight:
    """One named array of a layer: trained by gradient, or a state that training only updates."""

    name: str
    shape: Shape
    initializer: Initializer
    trained: bool
    decay: bool = False
    regularizer: L1L2 | None = None
    constraint: Constraint | None = None
    value: Array = None
    grad: Array = None
    replaces: bool = False
    """Whether its layer looks at `fresh`; the gradients of others are made zero before a step."""
    fresh: bool = False
    """Whether the next gradient replaces what `grad` holds, instead of being added to it."""
    to_host: Callable[[Array], Host] = np.array
    """Copies `value` to the host: of the back end whose memory it lies in."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: its value on the host, in no memory of others."""
        state = self.__dict__ | {"value": self.host(), "grad": None, "fresh": False}
        return {name: part for name, part in state.items() if name != "to_host"}

    def host(self) -> Host | None:
        """Return a copy of the value, if there is one."""
        return None if self.value is None else self.to_host(self.value)

    def take_fresh(self) -> bool:
        """Return `fresh`, which is over with that."""
        fresh, self.fresh = self.fresh, False
        return fresh


@dataclass(eq=False)
class Scratch:
    """Memory that a layer carries from its forward to its backward pass; the model owns it."""

    value: Array = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: no memory."""
        return {"value": None}


@dataclass(frozen=True)
class ScratchRequest:
    """What one call of a layer needs as scratch."""

    scratch: Scratch
    shape: Shape
    integer: bool
    per_sample: bool
    late: bool = False
    """Whether only the backward pass needs it."""
