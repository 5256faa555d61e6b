"""What back ends share that compute in the host's own memory, and at once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

ASYNCHRONOUS = False
"""Whether calls return before they are done."""


def free_memory() -> int | None:
    """Bytes free on a device with memory of its own; None: the memory is the host's."""
    return None


def on_host(formula: Callable[..., None]) -> Callable[..., None]:
    """What computes a definition's formula on the back end's arrays: itself, they are NumPy's."""
    return formula


class HostStaging:
    """Takes one batch after the other into the back end's memory."""

    copied: Callable[[np.ndarray], Any]
    """How a back end copies an array."""

    def __call__(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """Return the arrays in the back end's memory, good for what is called before the next."""
        return [self.copied(array) for array in arrays]
