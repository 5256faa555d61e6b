"""The GPU: a real one through its driver, or Numba's simulator with NUMBA_ENABLE_CUDASIM=1."""

import functools

from .device import SIMULATED

if SIMULATED:
    from .simulation import (
        Event,
        Stream,
        allocate,
        capability,
        download,
        memory,
        name,
        pinned,
        synchronize,
        upload,
    )
else:
    from .driver import (  # type: ignore[assignment]
        Event,
        Stream,
        allocate,
        capability,
        download,
        memory,
        name,
        pinned,
        synchronize,
        upload,
    )

__all__ = [
    "SIMULATED",
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


@functools.cache
def stream() -> Stream:
    """The stream of all launches and copies: they are done in the order in which they were called.

    Not the default one, beside which no copy runs that another stream makes meanwhile.
    """
    return Stream()
