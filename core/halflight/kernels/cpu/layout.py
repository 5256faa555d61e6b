"""Moving pixels: joining, padding, cropping and permuting arrays.

Samples, or rows where a row is all that a value depends on, are the unit of parallel work.
"""

import numpy as np
from numba import prange

from ..contract import twin
from ..reference import layout as reference
from ..rules import MAXIMUM_RANK
from .arrays import Array
from .machine.compiler import compiled


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _flat_rows(x: Array) -> Array:
    """(n, h, w, c) as (n, h, w c)."""
    return x.reshape(x.shape[0], x.shape[1], -1)


@compiled()
def _copy_values(y, x):
    for i in range(y.size):
        y[i] = x[i]


@compiled(parallel=True)
def _join(y, offset, x):
    for row in prange(len(x)):
        _copy_values(y[row, offset : offset + x.shape[1]], x[row])


@twin(reference.concatenate_forward)
def concatenate_forward(y, offset, x):
    _join(_rows(y), offset, _rows(x))


@compiled(parallel=True)
def _part(dx, dy, offset):
    for row in prange(len(dx)):
        _copy_values(dx[row], dy[row, offset : offset + dx.shape[1]])


@twin(reference.concatenate_backward)
def concatenate_backward(dx, dy, offset):
    _part(_rows(dx), _rows(dy), offset)


@compiled()
def _pad_image(y, x, top, left):
    """Images as rows of (column, channel); `left` counts values."""
    y[:] = np.float32(0)
    for row in range(x.shape[0]):
        _copy_values(y[top + row, left : left + x.shape[1]], x[row])


@compiled(parallel=True)
def _pad2d(y, x, top, left):
    for n in prange(len(x)):
        _pad_image(y[n], x[n], top, left)


@twin(reference.pad2d)
def pad2d(y, x, top, left):
    _pad2d(_flat_rows(y), _flat_rows(x), top, left * x.shape[3])


@compiled()
def _crop_image(y, x, top, left):
    for row in range(y.shape[0]):
        _copy_values(y[row], x[top + row, left : left + y.shape[1]])


@compiled(parallel=True)
def _crop2d(y, x, top, left):
    for n in prange(len(x)):
        _crop_image(y[n], x[n], top, left)


@twin(reference.crop2d)
def crop2d(y, x, top, left):
    _crop2d(_flat_rows(y), _flat_rows(x), top, left * x.shape[3])


@compiled()
def _copy_part(y, x):
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            for k in range(y.shape[2]):
                for m in range(y.shape[3]):
                    for c in range(y.shape[4]):
                        y[i, j, k, m, c] = x[i, j, k, m, c]


@compiled(parallel=True)
def _copy_parts(y, x):
    for n in prange(len(y)):
        _copy_part(y[n], x[n])


def copy_to_axes(y: Array, x: Array) -> None:
    """y = x, which may lie in memory in any order, with up to MAXIMUM_RANK axes."""
    missing = (slice(None), *[None] * (MAXIMUM_RANK - x.ndim))  # after the first axis
    _copy_parts(y[missing], x[missing])


@twin(reference.permute)
def permute(y, x, axes):
    copy_to_axes(y, x.transpose(axes))
