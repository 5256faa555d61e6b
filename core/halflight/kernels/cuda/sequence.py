"""Turning and cutting sequences (n, t, u): images (1, n, t, u), one of whose columns is cut out."""

from typing import Any

from ..contract import checked
from .arrays import FLOAT, Array
from .layout import crop2d, pad2d
from .pixels import each_pixel

__all__ = [
    "put_time",
    "reverse_time",
    "take_time",
]


def _image(x: Array) -> Any:
    return x.reshape((1, *x.shape))


def _column(x: Array) -> Any:
    return x.reshape((1, x.shape[0], 1, x.shape[1]))


def _from_the_last(_, n, t, u, arrays, _numbers):  # type: ignore
    x = arrays[0]
    return x[n, x.shape[1] - 1 - t, u]


_reverse = each_pixel(_from_the_last)


@checked(FLOAT)
def reverse_time(y: Array, x: Array) -> None:
    """y (n, t, u) = x (n, t, u), the last step first; its own gradient."""
    _reverse(_image(y), (x,))


@checked(FLOAT)
def take_time(y: Array, x: Array, time: int) -> None:
    """y (n, u) = x (n, t, u) at one step, 0 <= time < t."""
    crop2d(_column(y), _image(x), 0, time)


@checked(FLOAT)
def put_time(dx: Array, dy: Array, time: int) -> None:
    """dx (n, t, u) = dy (n, u) at one step, 0 at all others: the gradient of take_time."""
    pad2d(_image(dx), _column(dy), 0, time)
