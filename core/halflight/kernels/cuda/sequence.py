"""Turning and cutting sequences (n, t, u): images (1, n, t, u), one of whose columns is cut out."""

from typing import Any

from ..contract import twin
from ..reference import sequence as reference
from .arrays import Array
from .layout import crop2d, pad2d
from .loops.pixels import each_pixel


def _image(x: Array) -> Any:
    return x.reshape((1, *x.shape))


def _column(x: Array) -> Any:
    return x.reshape((1, x.shape[0], 1, x.shape[1]))


def _from_the_last(_, n, t, u, arrays, _numbers):
    x = arrays[0]
    return x[n, x.shape[1] - 1 - t, u]


_reverse = each_pixel(_from_the_last)


@twin(reference.reverse_time)
def reverse_time(y, x):
    _reverse(_image(y), (x,))


@twin(reference.take_time)
def take_time(y, x, time):
    crop2d(_column(y), _image(x), 0, time)


@twin(reference.put_time)
def put_time(dx, dy, time):
    pad2d(_image(dx), _column(dy), 0, time)
