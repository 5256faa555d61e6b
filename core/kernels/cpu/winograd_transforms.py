"""The linear maps of Winograd's F(4x4, 3x3), on 16 channels at a time.

y = A^T [(G w G^T) * (B^T x B)] A gives 4 x 4 outputs from 6 x 6 inputs with 36 multiplications
rather than 144 (Lavin & Gray 2016, arXiv:1509.09308). The maps follow from interpolation through
the points 0, +-P, +-Q and infinity (Toom-Cook). P = 3/4 and Q = 3/2 have less than half the
rounding error of the usual 1 and 2: the powers in A and B stay near 1.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from .epilogue import rectified
from .vector import at, constant, load, multiply_add, pointer, splat, store

OUTPUTS = 4  # rows and columns of an output tile
INPUTS = 6  # rows and columns of an input tile
POINTS = INPUTS * INPUTS  # products for each tile and pair of channels
_TAPS = 3

P, Q = 0.75, 1.5
_PP, _QQ = P * P, Q * Q
_AT_ZERO = 1.0 / (_PP * _QQ)
_AT_P = 1.0 / (2.0 * _PP * (_PP - _QQ))
_AT_Q = 1.0 / (2.0 * _QQ * (_QQ - _PP))

Vectors = list[Any]
Map = Callable[[Any, Sequence[Any]], Vectors]


def _times(builder: Any, factor: float, x: Any) -> Any:
    return builder.fmul(constant(factor), x)


def _add_times(builder: Any, total: Any, factor: float, x: Any) -> Any:
    return multiply_add(builder, constant(factor), x, total)


def _plus_minus(builder: Any, even: Any, factor: float, odd: Any) -> Vectors:
    return [_add_times(builder, even, factor, odd), _add_times(builder, even, -factor, odd)]


def inputs(b: Any, x: Sequence[Any]) -> Vectors:
    """B^T x: the coefficients of the product of (z - point) over all other points."""
    even_p, odd_p = _add_times(b, x[4], -_QQ, x[2]), _add_times(b, x[3], -_QQ, x[1])
    even_q, odd_q = _add_times(b, x[4], -_PP, x[2]), _add_times(b, x[3], -_PP, x[1])
    return [
        _add_times(b, _add_times(b, x[4], -_PP - _QQ, x[2]), _PP * _QQ, x[0]),
        *_plus_minus(b, even_p, P, odd_p),
        *_plus_minus(b, even_q, Q, odd_q),
        _add_times(b, _add_times(b, x[5], -_PP - _QQ, x[3]), _PP * _QQ, x[1]),
    ]


def outputs(b: Any, m: Sequence[Any]) -> Vectors:
    """A^T m: the powers 0 to 3 of the points; infinity has the highest alone."""
    sum_p, difference_p = b.fadd(m[1], m[2]), b.fsub(m[1], m[2])
    sum_q, difference_q = b.fadd(m[3], m[4]), b.fsub(m[3], m[4])
    return [
        b.fadd(b.fadd(m[0], sum_p), sum_q),
        _add_times(b, _times(b, P, difference_p), Q, difference_q),
        _add_times(b, _times(b, _PP, sum_p), _QQ, sum_q),
        _add_times(b, _add_times(b, m[5], P * _PP, difference_p), Q * _QQ, difference_q),
    ]


def gradients(b: Any, y: Sequence[Any]) -> Vectors:
    """A y, the transpose of `outputs`."""
    even_p, odd_p = _add_times(b, y[0], _PP, y[2]), _add_times(b, y[1], _PP, y[3])
    even_q, odd_q = _add_times(b, y[0], _QQ, y[2]), _add_times(b, y[1], _QQ, y[3])
    return [
        y[0],
        *_plus_minus(b, even_p, P, odd_p),
        *_plus_minus(b, even_q, Q, odd_q),
        y[3],
    ]


def weights(b: Any, w: Sequence[Any]) -> Vectors:
    """G w: the powers 0 to 2 of the points, each over its product of differences."""
    even_p = _add_times(b, _times(b, _AT_P, w[0]), _AT_P * _PP, w[2])
    even_q = _add_times(b, _times(b, _AT_Q, w[0]), _AT_Q * _QQ, w[2])
    return [
        _times(b, _AT_ZERO, w[0]),
        *_plus_minus(b, even_p, _AT_P * P, w[1]),
        *_plus_minus(b, even_q, _AT_Q * Q, w[1]),
        w[2],
    ]


def weight_gradients(b: Any, u: Sequence[Any]) -> Vectors:
    """G^T u, the transpose of `weights`."""
    sum_p, difference_p = b.fadd(u[1], u[2]), b.fsub(u[1], u[2])
    sum_q, difference_q = b.fadd(u[3], u[4]), b.fsub(u[3], u[4])
    first = _add_times(b, _times(b, _AT_ZERO, u[0]), _AT_P, sum_p)
    last = _add_times(b, u[5], _AT_P * _PP, sum_p)
    return [
        _add_times(b, first, _AT_Q, sum_q),
        _add_times(b, _times(b, _AT_P * P, difference_p), _AT_Q * Q, difference_q),
        _add_times(b, last, _AT_Q * _QQ, sum_q),
    ]


def _both_axes(builder: Any, transform: Map, tile: list[Vectors]) -> list[Vectors]:
    """The map applied to every column, then to every row."""
    columns = [transform(builder, column) for column in zip(*tile, strict=True)]
    return [transform(builder, row) for row in zip(*columns, strict=True)]


def _load_tile(builder: Any, address: Any, size: int, row: Any, column: Any) -> list[Vectors]:
    tile = []
    for _ in range(size):
        here, line = address, []
        for _ in range(size):
            line.append(load(builder, here))
            here = at(builder, here, column)
        tile.append(line)
        address = at(builder, address, row)
    return tile


def _store_tile(builder: Any, tile: list[Vectors], address: Any, row: Any, column: Any) -> None:
    for line in tile:
        here = address
        for value in line:
            store(builder, value, here)
            here = at(builder, here, column)
        address = at(builder, address, row)


def _transform(transform: Map, size: int) -> Callable[..., Any]:
    """The code of target = both axes of a tile of `size` x `size` vectors transformed."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = (
            pointer(context, builder, signature.args[i], arguments[i], arguments[i + 1])
            for i in (0, 4)
        )
        tile = _load_tile(builder, source, size, arguments[2], arguments[3])
        _store_tile(
            builder, _both_axes(builder, transform, tile), target, arguments[6], arguments[7]
        )
        return context.get_dummy_value()

    return generate


def _signature(source: Any, target: Any) -> Any:
    n = types.intp
    return types.void(source, n, n, n, target, n, n, n)


@intrinsic
def transform_inputs(_context, x, x0, x_row, x_column, v, v0, v_row, v_column):  # type: ignore
    """v (6, 6) = B^T x B for x (6, 6); each element a vector, with the strides given."""
    return _signature(x, v), _transform(inputs, INPUTS)


@intrinsic
def transform_gradients(_context, y, y0, y_row, y_column, z, z0, z_row, z_column):  # type: ignore
    """z (6, 6) = A y A^T for y (4, 4)."""
    return _signature(y, z), _transform(gradients, OUTPUTS)


@intrinsic
def transform_weights(_context, w, w0, w_row, w_column, u, u0, u_row, u_column):  # type: ignore
    """u (6, 6) = G w G^T for w (3, 3)."""
    return _signature(w, u), _transform(weights, _TAPS)


@intrinsic
def transform_weight_gradients(_context, u, u0, u_row, u_column, w, w0, w_row, w_column):  # type: ignore
    """w (3, 3) = G^T u G for u (6, 6)."""
    return _signature(u, w), _transform(weight_gradients, INPUTS)


@intrinsic
def transform_outputs(  # type: ignore
    _context, m, m0, m_stride, y, y0, y_row, y_column, scale, shift, channel, slope, floor
):
    """y (4, 4) = rectified(scale A^T m A + shift), m (6, 6) having its elements m_stride apart.

    Rectified x is x where x > 0, else slope max(x, floor).
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        source = pointer(context, builder, kinds[0], arguments[0], arguments[1])
        target = pointer(context, builder, kinds[3], arguments[3], arguments[4])
        factor, offset = (
            load(builder, pointer(context, builder, kinds[i], arguments[i], arguments[9]))
            for i in (7, 8)
        )
        stride = arguments[2]
        tile = _load_tile(
            builder, source, INPUTS, builder.mul(stride, ir.Constant(stride.type, INPUTS)), stride
        )
        lower, clamp = splat(builder, arguments[10]), splat(builder, arguments[11])
        finished = [
            [
                rectified(builder, multiply_add(builder, y, factor, offset), lower, clamp)
                for y in row
            ]
            for row in _both_axes(builder, outputs, tile)
        ]
        _store_tile(builder, finished, target, arguments[5], arguments[6])
        return context.get_dummy_value()

    n, number = types.intp, types.float32
    return types.void(m, n, n, y, n, n, n, scale, shift, n, number, number), generate
