"""Scores: what `evaluate` returns, by name as a mapping and in order as Keras's list."""

from collections.abc import Iterator
from typing import Any


class Scores(dict[str, float]):
    """{"loss": ..., "accuracy": ...}; in order too: `loss, accuracy = scores`, `scores[0]`.

    To go through it gives the values, as of Keras's list; `scores.keys()` are the names. What has
    the loss alone is formatted as that number is.
    """

    def __getitem__(self, key: Any) -> float:
        """Return a value by its name, or by its place.

        Raises:
            KeyError: there is no such name.
            IndexError: there is no such place.
        """
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        """Go through the values."""
        return iter(self.values())

    def __float__(self) -> float:
        """Return the loss."""
        return self["loss"]

    def __format__(self, spec: str) -> str:
        """Format the loss, where there is nothing else; all of it without a `spec`."""
        return format(float(self), spec) if spec and len(self) == 1 else format(str(self), spec)
