"""halflight: galaxy half-light radii with honest error bars, from survey images to a report."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "measure"]

if TYPE_CHECKING:
    from halflight.measuring import measure


def __getattr__(name: str) -> Any:
    """`halflight.measure`, once it is asked for: it loads all that measures."""
    if name != "measure":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from halflight.measuring import measure

    return measure
