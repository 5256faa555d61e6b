"""The heap: memory that arrays have left, given back to the system."""

import ctypes
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Return what is free, where the C library has a function for it (glibc); some milliseconds.

    glibc keeps freed arrays of up to 32 MB: after stars were looked for in a large image, 110 MB.
    """
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    return getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
