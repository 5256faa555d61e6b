"""What the table says of one layer."""

from collections.abc import Callable
from dataclasses import dataclass

from core.nn import Layer

SEQUENCE = (9, 4)
IMAGE = (7, 6, 3)
VOLUME = (5, 4, 3, 2)


@dataclass(frozen=True)
class Row:
    """A configured layer, the shapes of its inputs and of its output, without the batch axis."""

    make: Callable[[], Layer]
    shapes: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
