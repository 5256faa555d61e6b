"""halflight: galaxy half-light radii with honest error bars, from survey images to a report."""

from typing import Any

__version__ = "0.1.0"


_FUNCTIONS = {"measure": "halflight.measuring", "adapt": "halflight.cameras"}


def __getattr__(name: str) -> Any:
    """`halflight.measure` and `halflight.adapt`, found when asked for: they load all that measures.

    See `halflight.measuring.measure` and `halflight.cameras.adapt`, which they are.
    """
    if name not in _FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_FUNCTIONS[name]), name)
