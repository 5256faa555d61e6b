"""Arguments of layers that go by axis, and inputs by their axes; other arguments: `nn.checks`."""

import math
from typing import Any

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import Rule, as_python, integers, is_integer
from halflight.nn.layer import Layer

AXES = Rule(
    "an integer or a tuple of them",
    lambda value: (
        is_integer(value)
        or (isinstance(value, tuple | list) and bool(value) and all(map(is_integer, value)))
    ),
    lambda value: value if is_integer(value) else tuple(value),
)
"""Of an argument `axis`."""
SIZES_OR_NONE = Rule(
    "a positive integer, or a tuple of them and None",
    lambda value: (
        all(
            size is None or (is_integer(size) and size > 0)
            for size in (value if isinstance(value, tuple | list) and value else (value,))
        )
        and value is not None
    ),
    lambda value: value if is_integer(value) else tuple(value),
)
"""Of an `output_shape`, with None where the input says it."""


def per_axis(
    layer: Layer, argument: str, value: Any, axes: int, *, least: int = 1
) -> tuple[int, ...]:
    """Return `value` as one integer for each of `axes` axes; one integer stands for all."""
    given = as_python(value)
    found = (given,) * axes if is_integer(given) else given
    kind = "a positive integer" if least == 1 else f"an integer >= {least}"
    group = "a pair of them" if axes == 2 else f"a tuple of {axes}"
    rule = integers(f"{kind} or {group}", least=least)
    if not rule.holds(found) or len(found) != axes:
        raise layer.error(f"{argument} must be {rule.text}", value)
    return tuple(found)


def pair(layer: Layer, argument: str, value: Any) -> tuple[int, int]:
    """Return `value` as (rows, columns); one integer stands for both."""
    rows, columns = per_axis(layer, argument, value, 2)
    return rows, columns


def sides(layer: Layer, argument: str, value: Any) -> tuple[int, int]:
    """Return `value` as what lies (before, after) an axis; one integer stands for both."""
    given = as_python(value)
    both = (given, given) if is_integer(given) else given
    if not _are_sides(both):
        raise layer.error(f"{argument} must be an integer >= 0 or a pair (before, after)", value)
    return both[0], both[1]


def margins(layer: Layer, argument: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Return `value` as (before, after) for each of `rank` axes; raise where it is not."""
    found = as_margins(value, rank)
    if found is None:
        rule = f"an integer >= 0, {rank} of them, or {rank} pairs (before, after)"
        raise layer.error(f"{argument} must be {rule}", value)
    return found


def as_margins(value: Any, rank: int) -> tuple[tuple[int, int], ...] | None:
    """Return `value` as (before, after) for each of `rank` axes, or None where it is not.

    One integer stands for all of them, and an integer among `rank` for both sides of its axis.
    """
    given = as_python(value)
    each = (given,) * rank if is_integer(given) else given
    if isinstance(each, tuple | list) and len(each) == rank:
        pairs: list[Any] = [(side, side) if is_integer(side) else side for side in each]
        if all(_are_sides(both) for both in pairs):
            return tuple((before, after) for before, after in pairs)
    return None


def _are_sides(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(is_integer(side) and side >= 0 for side in value)
    )


_INPUTS = {
    1: "a sequence (length, channels)",
    2: "an image (height, width, channels)",
    3: "a volume (depth, height, width, channels)",
}


def spatial(layer: Layer, shape: Shape, axes: int) -> tuple[Shape, int]:
    """Return (lengths of the axes, channels); raise unless the input has that many axes."""
    if len(shape) != axes + 1:
        raise layer.error(f"needs {_INPUTS[axes]}", shape)
    return shape[:-1], shape[-1]


def image(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """Return (height, width, channels); raise unless the input is an image."""
    (height, width), channels = spatial(layer, shape, 2)
    return height, width, channels


class Trailing:
    """Some axes of a layer's input as rows: permuted to the end unless they lie there already.

    Args:
        layer: declares scratch for what is permuted.
        axes: an axis or several, counted with the batch as 0, or from the end.

    Raises:
        ValueError: an axis is the batch, is not there, or is named twice.
    """

    def __init__(self, layer: Layer, shape: Shape, axes: int | tuple[int, ...]) -> None:
        """Find the order of the axes."""
        given = (axes,) if isinstance(axes, int) else tuple(axes)
        rank = len(shape) + 1
        found = sorted(axis + rank if axis < 0 else axis for axis in given)
        if not found or len(set(found)) < len(found) or not 0 < found[0] <= found[-1] < rank:
            raise layer.error(f"axis must name axes of the input {shape}, not the batch", axes)
        others = [axis for axis in range(rank) if axis not in found]
        self.order = (*others, *found)
        self.inverse = tuple(self.order.index(axis) for axis in range(rank))
        self.moved = self.order != tuple(range(rank))
        self.lengths = tuple(shape[axis - 1] for axis in found)
        self.count = math.prod(self.lengths)
        self.rows = tuple(shape[axis - 1] for axis in others[1:])
        """The axes of the rows, without the batch."""
        self._scratches = [
            layer.scratch(name, (*self.rows, *self.lengths), late=name == "moved gradient")
            for name in (("moved input", "moved output", "moved gradient") if self.moved else ())
        ]

    def input(self, kernels: Backend, x: Array) -> Array:
        """Return x in rows (..., count); written to scratch where it is moved."""
        if self.moved:
            kernels.permute(self._scratches[0].value, x, self.order)
        return self.input_again(x)

    def input_again(self, x: Array) -> Array:
        """Return what `input` returned, in the backward pass."""
        return self._as_rows(self._scratches[0].value if self.moved else x)

    def output(self, y: Array) -> Array:
        """Return where the rows of y are written; `finish` follows."""
        return self._as_rows(self._scratches[1].value if self.moved else y)

    def finish(self, kernels: Backend, y: Array) -> None:
        """Write y from the rows in `output`."""
        if self.moved:
            kernels.permute(y, self._scratches[1].value, self.inverse)

    def gradient(self, kernels: Backend, dy: Array) -> Array:
        """Return dy in rows."""
        if self.moved:
            kernels.permute(self._scratches[2].value, dy, self.order)
        return self._as_rows(self._scratches[2].value if self.moved else dy)

    def input_gradient(self, dx: Array) -> Array:
        """Return where the rows of dx are written, perhaps over those of dy; `give` follows."""
        return self._as_rows(self._scratches[2].value if self.moved else dx)

    def give(self, kernels: Backend, dx: Array) -> None:
        """Write dx from the rows in `input_gradient`."""
        if self.moved:
            kernels.permute(dx, self._scratches[2].value, self.inverse)

    def _as_rows(self, array: Array) -> Array:
        return array.reshape((array.shape[0], *self.rows, self.count))
