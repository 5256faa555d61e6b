"""Arguments of layers that go by axis, and inputs by their axes; other arguments: `nn.checks`."""

from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.checks import as_python, integers, is_integer
from halflight.nn.layer import Layer


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
