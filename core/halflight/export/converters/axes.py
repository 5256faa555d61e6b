"""What goes over some axes of a tensor, as it is said of the last one alone."""

from collections.abc import Callable

from halflight.export.writer import Writer
from halflight.nn.arrays import Shape
from halflight.nn.layers.axes import Trailing


def over_axes(
    w: Writer, trailing: Trailing, x: str, shape: Shape, write: Callable[[str], str]
) -> str:
    """Bring the axes to the end, as one; write; and bring them back."""
    if trailing.moved:
        x = w.transpose(x, trailing.order)
    several = len(trailing.lengths) > 1
    y = write(w.reshape(x, (*trailing.rows, trailing.count)) if several else x)
    if several:
        y = w.reshape(y, (*trailing.rows, *trailing.lengths))
    return w.transpose(y, trailing.inverse) if trailing.moved else y
