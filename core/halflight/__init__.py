"""halflight: galaxy half-light radii with honest error bars, from survey images to a report."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`halflight.measure`, found when it is asked for: it loads all that measures.

    See `halflight.measuring.measure`, which it is.
    """
    if name != "measure":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module("halflight.measuring").measure
