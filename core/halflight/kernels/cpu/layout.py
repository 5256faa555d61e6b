"""Moving pixels: joining, padding, cropping and permuting arrays.

Samples, or rows where a row is all that a value depends on, are the unit of parallel work.
"""

import numpy as np
from numba import prange

from ..contract import checked
from ..rules import MAXIMUM_RANK
from .arrays import FLOAT, Array
from .compiler import compiled

__all__ = [
    "concatenate_backward",
    "concatenate_forward",
    "crop2d",
    "pad2d",
    "permute",
]


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _flat_rows(x: Array) -> Array:
    """(n, h, w, c) as (n, h, w c)."""
    return x.reshape(x.shape[0], x.shape[1], -1)


@compiled()
def _copy_values(y, x):  # type: ignore
    for i in range(y.size):
        y[i] = x[i]


@compiled(parallel=True)
def _join(y, offset, x):  # type: ignore
    for row in prange(len(x)):
        _copy_values(y[row, offset : offset + x.shape[1]], x[row])


@checked(FLOAT)
def concatenate_forward(y: Array, offset: int, x: Array) -> None:
    """y[..., offset : offset + channels of x] = x: one call for each part."""
    _join(_rows(y), offset, _rows(x))


@compiled(parallel=True)
def _part(dx, dy, offset):  # type: ignore
    for row in prange(len(dx)):
        _copy_values(dx[row], dy[row, offset : offset + dx.shape[1]])


@checked(FLOAT)
def concatenate_backward(dx: Array, dy: Array, offset: int) -> None:
    """dx = dy[..., offset : offset + channels of dx]: one call for each part."""
    _part(_rows(dx), _rows(dy), offset)


@compiled()
def _pad_image(y, x, top, left):  # type: ignore
    """Images as rows of (column, channel); `left` counts values."""
    y[:] = np.float32(0)
    for row in range(x.shape[0]):
        _copy_values(y[top + row, left : left + x.shape[1]], x[row])


@compiled(parallel=True)
def _pad2d(y, x, top, left):  # type: ignore
    for n in prange(len(x)):
        _pad_image(y[n], x[n], top, left)


@checked(FLOAT)
def pad2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, p, q, c) = x (n, h, w, c) from (top, left) on, zeros around it."""
    _pad2d(_flat_rows(y), _flat_rows(x), top, left * x.shape[3])


@compiled()
def _crop_image(y, x, top, left):  # type: ignore
    for row in range(y.shape[0]):
        _copy_values(y[row], x[top + row, left : left + y.shape[1]])


@compiled(parallel=True)
def _crop2d(y, x, top, left):  # type: ignore
    for n in prange(len(x)):
        _crop_image(y[n], x[n], top, left)


@checked(FLOAT)
def crop2d(y: Array, x: Array, top: int, left: int) -> None:
    """y (n, h, w, c) = the part of x (n, p, q, c) from (top, left) on: the adjoint of pad2d."""
    _crop2d(_flat_rows(y), _flat_rows(x), top, left * x.shape[3])


@compiled()
def _copy_part(y, x):  # type: ignore
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            for k in range(y.shape[2]):
                for m in range(y.shape[3]):
                    for c in range(y.shape[4]):
                        y[i, j, k, m, c] = x[i, j, k, m, c]


@compiled(parallel=True)
def _copy_parts(y, x):  # type: ignore
    for n in prange(len(y)):
        _copy_part(y[n], x[n])


@checked(FLOAT)
def permute(y: Array, x: Array, axes: tuple[int, ...]) -> None:
    """y = x with its axes in another order: axis i of y is axis axes[i] of x; up to 6 axes."""
    missing = (slice(None), *[None] * (MAXIMUM_RANK - x.ndim))  # after the first axis
    _copy_parts(y[missing], x.transpose(axes)[missing])
