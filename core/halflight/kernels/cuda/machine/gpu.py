"""The GPU: a real one through its driver, or Numba's simulator with NUMBA_ENABLE_CUDASIM=1."""

import functools
import importlib
from typing import Any

from .simulated import SIMULATED

__all__ = [
    "Event",
    "Stream",
    "allocate",
    "capability",
    "download",
    "memory",
    "name",
    "pinned",
    "stream",
    "synchronize",
    "upload",
]

_machine: Any = importlib.import_module(
    f"{__package__}.simulation" if SIMULATED else f"{__package__}.driver"
)
Event, Stream = _machine.Event, _machine.Stream
allocate, pinned = _machine.allocate, _machine.pinned
upload, download = _machine.upload, _machine.download
capability, memory, name = _machine.capability, _machine.memory, _machine.name
synchronize = _machine.synchronize


@functools.cache
def stream() -> Any:
    """The stream of all launches and copies: they are done in the order in which they were called.

    Not the default one, beside which no copy runs that another stream makes meanwhile.
    """
    return Stream()
