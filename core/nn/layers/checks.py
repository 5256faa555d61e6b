"""Rules that several layers' arguments and input shapes share."""

from typing import Any

from core.nn.layer import Layer, Shape


def is_real(value: Any) -> bool:
    """Whether `value` is a Python number (a bool is not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def positive_integer(layer: Layer, argument: str, value: Any) -> int:
    """Return `value`; raise unless it is an integer above zero."""
    if type(value) is not int or value < 1:
        raise layer.error(f"{argument} must be a positive integer", value)
    return value


def pair(layer: Layer, argument: str, value: Any) -> tuple[int, int]:
    """Return `value` as (rows, columns); one integer stands for both."""
    both = (value, value) if type(value) is int else value
    if (
        not isinstance(both, tuple | list)
        or len(both) != 2
        or not all(type(size) is int and size > 0 for size in both)
    ):
        raise layer.error(f"{argument} must be a positive integer or a pair of them", value)
    return both[0], both[1]


def fraction(layer: Layer, argument: str, value: Any) -> float:
    """Return `value`; raise unless 0 <= value < 1."""
    if not is_real(value) or not 0.0 <= value < 1.0:
        raise layer.error(f"{argument} must be at least 0 and below 1", value)
    return float(value)


def positive(layer: Layer, argument: str, value: Any) -> float:
    """Return `value`; raise unless it is a finite number above zero."""
    if not is_real(value) or not 0.0 < value < float("inf"):
        raise layer.error(f"{argument} must be a finite number above 0", value)
    return float(value)


def boolean(layer: Layer, argument: str, value: Any) -> None:
    """Raise unless `value` is True or False."""
    if not isinstance(value, bool):
        raise layer.error(f"{argument} must be True or False", value)


def image(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """Return (height, width, channels); raise unless the input is an image."""
    if len(shape) != 3:
        raise layer.error("needs an image (height, width, channels)", shape)
    return shape[0], shape[1], shape[2]
