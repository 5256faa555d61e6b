"""What the table says of one layer."""

from collections.abc import Callable
from dataclasses import dataclass

from core.nn import Layer

IMAGE = (7, 6, 3)


@dataclass(frozen=True)
class Row:
    """A configured layer, the shapes of its inputs and of its output, without the batch axis."""

    make: Callable[[], Layer]
    shapes: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    gradient: bool = True
    """False where `backward` is a rule of learning and not a gradient."""
    moves: tuple[str, ...] | None = None
    """The weights that a training step moves; None: all, or none where the layer is frozen."""
