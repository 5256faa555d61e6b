"""The linear maps of Winograd's F(4x4, 3x3), on 16 channels at a time.

y = A^T [(G w G^T) * (B^T x B)] A gives 4 x 4 outputs from 6 x 6 inputs with 36 multiplications
rather than 144 (Lavin & Gray 2016, arXiv:1509.09308). The maps follow from interpolation through
the points 0, +-P, +-Q and infinity (Toom-Cook). P = 3/4 and Q = 3/2 have less than half the
rounding error of the usual 1 and 2: the powers in A and B stay near 1. Two outputs need four of the
points, and the same transformed weights if the inputs take over what the others gave them.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from .epilogue import rectified
from .vector import at, constant, load, multiply_add, pointer, splat, store

OUTPUTS = 4  # rows and columns of an output tile
INPUTS = 6  # rows and columns of an input tile
POINTS = INPUTS * INPUTS  # products for each tile and pair of channels
OUTPUTS_SHORT = 2  # of an edge that ends sooner, from
INPUTS_SHORT = 4  # inputs, by
POINTS_SHORT = (0, 1, 2, 5)  # these products of an axis
_TAPS = 3

P, Q = 0.75, 1.5
_PP, _QQ = P * P, Q * Q
_AT_ZERO = 1.0 / (_PP * _QQ)
_AT_P = 1.0 / (2.0 * _PP * (_PP - _QQ))
_AT_Q = 1.0 / (2.0 * _QQ * (_QQ - _PP))

Vectors = list[Any]
Read = Callable[[int], Any]
"""The vector of that number, loaded or computed when it is asked for."""
Part = tuple[tuple[int, ...], Callable[[Any, Read], Vectors]]
"""Some outputs of a map, by number, and what computes them.

A tile of 36 vectors does not fit the registers: the outputs that share their sums are computed
together, and the inputs are read again for the next ones.
"""
Map = tuple[Part, ...]


def _times(b: Any, factor: float, x: Any) -> Any:
    return b.fmul(constant(factor), x)


def _add_times(b: Any, total: Any, factor: float, x: Any) -> Any:
    return multiply_add(b, constant(factor), x, total)


def _plus_minus(b: Any, even: Any, factor: float, odd: Any) -> Vectors:
    return [_add_times(b, even, factor, odd), _add_times(b, even, -factor, odd)]


def _inputs_at(point: float, other: float) -> Part:
    """B^T x at +-point: the coefficients of the product of (z - p) over all other points p."""

    def compute(b: Any, x: Read) -> Vectors:
        even, odd = (_add_times(b, x(k + 2), -other * other, x(k)) for k in (2, 1))
        return _plus_minus(b, even, point, odd)

    return (1, 2) if point == P else (3, 4), compute


def _inputs_at_ends(b: Any, x: Read) -> Vectors:
    """B^T x at 0 and infinity."""
    return [
        _add_times(b, _add_times(b, x(k + 4), -_PP - _QQ, x(k + 2)), _PP * _QQ, x(k))
        for k in (0, 1)
    ]


INPUT_MAP: Map = (((0, 5), _inputs_at_ends), _inputs_at(P, Q), _inputs_at(Q, P))
"""B^T."""


def _few_inputs(b: Any, x: Read) -> Vectors:
    even = _times(b, _PP - _QQ, x(2))
    return [
        _add_times(b, _times(b, -_QQ, x(2)), _PP * _QQ, x(0)),
        *_plus_minus(b, even, P * (_PP - _QQ), x(1)),
        _add_times(b, x(3), -_PP, x(1)),
    ]


SHORT_INPUT_MAP: Map = ((POINTS_SHORT, _few_inputs),)
"""B^T of two outputs: interpolation through 0, +-P and infinity, times (z^2 - Q^2) there."""


def _even_outputs(b: Any, m: Read) -> Vectors:
    sum_p, sum_q = b.fadd(m(1), m(2)), b.fadd(m(3), m(4))
    return [
        b.fadd(b.fadd(m(0), sum_p), sum_q),
        _add_times(b, _times(b, _PP, sum_p), _QQ, sum_q),
    ]


def _odd_outputs(b: Any, m: Read) -> Vectors:
    difference_p, difference_q = b.fsub(m(1), m(2)), b.fsub(m(3), m(4))
    return [
        _add_times(b, _times(b, P, difference_p), Q, difference_q),
        _add_times(b, _add_times(b, m(5), P * _PP, difference_p), Q * _QQ, difference_q),
    ]


OUTPUT_MAP: Map = (((0, 2), _even_outputs), ((1, 3), _odd_outputs))
"""A^T: the powers 0 to 3 of the points; infinity has the highest alone."""


def _few_outputs(b: Any, m: Read) -> Vectors:
    total, difference = b.fadd(m(1), m(2)), b.fsub(m(1), m(2))
    return [b.fadd(m(0), total), _add_times(b, m(5), P, difference)]


SHORT_OUTPUT_MAP: Map = (((0, 1), _few_outputs),)
"""A^T of two outputs."""


def _gradients_at(point: float) -> Part:
    def compute(b: Any, y: Read) -> Vectors:
        even, odd = (_add_times(b, y(k), point * point, y(k + 2)) for k in (0, 1))
        return _plus_minus(b, even, point, odd)

    return (1, 2) if point == P else (3, 4), compute


GRADIENT_MAP: Map = (((0, 5), lambda _, y: [y(0), y(3)]), _gradients_at(P), _gradients_at(Q))
"""A, the transpose of OUTPUT_MAP."""


def _weights(b: Any, w: Read) -> Vectors:
    even_p = _add_times(b, _times(b, _AT_P, w(0)), _AT_P * _PP, w(2))
    even_q = _add_times(b, _times(b, _AT_Q, w(0)), _AT_Q * _QQ, w(2))
    return [
        _times(b, _AT_ZERO, w(0)),
        *_plus_minus(b, even_p, _AT_P * P, w(1)),
        *_plus_minus(b, even_q, _AT_Q * Q, w(1)),
        w(2),
    ]


WEIGHT_MAP: Map = ((tuple(range(INPUTS)), _weights),)
"""G: the powers 0 to 2 of the points, each over its product of differences."""


def _weight_gradients(b: Any, u: Read) -> Vectors:
    sum_p, difference_p = b.fadd(u(1), u(2)), b.fsub(u(1), u(2))
    sum_q, difference_q = b.fadd(u(3), u(4)), b.fsub(u(3), u(4))
    first = _add_times(b, _times(b, _AT_ZERO, u(0)), _AT_P, sum_p)
    last = _add_times(b, u(5), _AT_P * _PP, sum_p)
    return [
        _add_times(b, first, _AT_Q, sum_q),
        _add_times(b, _times(b, _AT_P * P, difference_p), _AT_Q * Q, difference_q),
        _add_times(b, last, _AT_Q * _QQ, sum_q),
    ]


WEIGHT_GRADIENT_MAP: Map = ((tuple(range(_TAPS)), _weight_gradients),)
"""G^T, the transpose of WEIGHT_MAP."""


def _apply(builder: Any, transform: Map, x: Vectors) -> Vectors:
    """All outputs of a map, in order."""
    found: dict[int, Any] = {}
    for numbers, compute in transform:
        found.update(zip(numbers, compute(builder, x.__getitem__), strict=True))
    return [found[number] for number in sorted(found)]


def _grid(
    builder: Any, address: Any, size: tuple[int, int], row: Any, column: Any
) -> list[Vectors]:
    """The addresses of a tile's vectors."""
    grid = []
    for _ in range(size[0]):
        line = [address]
        for _ in range(size[1] - 1):
            line.append(at(builder, line[-1], column))
        grid.append(line)
        address = at(builder, address, row)
    return grid


def _both_axes(
    builder: Any,
    down: Map,
    along: Map,
    source: list[Vectors],
    target: list[Vectors],
    finish: Callable[[Any], Any] = lambda value: value,
) -> None:
    """Apply a map to every column, then one to every row, and store what `finish` makes of it."""
    for numbers, compute in down:
        columns = [
            compute(builder, lambda k, j=j: load(builder, source[k][j]))  # type: ignore[misc]
            for j in range(len(source[0]))
        ]
        for number, row in zip(numbers, zip(*columns, strict=True), strict=True):
            for value, address in zip(
                _apply(builder, along, list(row)), target[number], strict=True
            ):
                store(builder, finish(value), address)


def _transform(
    down: Map, along: Map, size: tuple[int, int], size_out: tuple[int, int]
) -> Callable[..., Any]:
    """The code of target = both axes of a tile of so many rows and columns transformed."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def tile(first: int, size: tuple[int, int]) -> list[Vectors]:
            array, start, row, column = arguments[first : first + 4]
            address = pointer(context, builder, signature.args[first], array, start)
            return _grid(builder, address, size, row, column)

        _both_axes(builder, down, along, tile(0, size), tile(4, size_out))
        return context.get_dummy_value()

    return generate


def _square(transform: Map, size: int, size_out: int) -> Callable[..., Any]:
    return _transform(transform, transform, (size, size), (size_out, size_out))


def _signature(source: Any, target: Any) -> Any:
    n = types.intp
    return types.void(source, n, n, n, target, n, n, n)


@intrinsic
def transform_inputs(_context, x, x0, x_row, x_column, v, v0, v_row, v_column):  # type: ignore
    """v (6, 6) = B^T x B for x (6, 6); each element a vector, with the strides given."""
    return _signature(x, v), _square(INPUT_MAP, INPUTS, INPUTS)


@intrinsic
def transform_short_inputs(_context, x, x0, x_row, x_column, v, v0, v_row, v_column):  # type: ignore
    """The rows 0, 1, 2, 5 of v (6, 6) for 2 x 4 outputs from x (4, 6).

    With rows and columns exchanged it is the same for 4 x 2 outputs.
    """
    tall = (INPUTS, INPUTS)
    return _signature(x, v), _transform(SHORT_INPUT_MAP, INPUT_MAP, (INPUTS_SHORT, INPUTS), tall)


@intrinsic
def transform_gradients(_context, y, y0, y_row, y_column, z, z0, z_row, z_column):  # type: ignore
    """z (6, 6) = A y A^T for y (4, 4)."""
    return _signature(y, z), _square(GRADIENT_MAP, OUTPUTS, INPUTS)


@intrinsic
def transform_weights(_context, w, w0, w_row, w_column, u, u0, u_row, u_column):  # type: ignore
    """u (6, 6) = G w G^T for w (3, 3)."""
    return _signature(w, u), _square(WEIGHT_MAP, _TAPS, INPUTS)


@intrinsic
def transform_weight_gradients(_context, u, u0, u_row, u_column, w, w0, w_row, w_column):  # type: ignore
    """w (3, 3) = G^T u G for u (6, 6)."""
    return _signature(u, w), _square(WEIGHT_GRADIENT_MAP, INPUTS, _TAPS)


def _ended(down: Map, rows: int) -> Callable[..., Any]:
    """The code of y = rectified(scale A^T m A + shift)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        source, target = (
            pointer(context, builder, kinds[i], arguments[i], arguments[i + 1]) for i in (0, 4)
        )
        factor, offset = (
            load(builder, pointer(context, builder, kinds[i], arguments[i], arguments[10]))
            for i in (8, 9)
        )
        lower, clamp = splat(builder, arguments[11]), splat(builder, arguments[12])

        def finish(y: Any) -> Any:
            return rectified(builder, multiply_add(builder, y, factor, offset), lower, clamp)

        products = _grid(builder, source, (INPUTS, INPUTS), *arguments[2:4])
        pixels = _grid(builder, target, (rows, OUTPUTS), *arguments[6:8])
        _both_axes(builder, down, OUTPUT_MAP, products, pixels, finish)
        return context.get_dummy_value()

    return generate


def _ended_signature(m: Any, y: Any, scale: Any, shift: Any) -> Any:
    n, number = types.intp, types.float32
    return types.void(m, n, n, n, y, n, n, n, scale, shift, n, number, number)


@intrinsic
def transform_outputs(  # type: ignore
    _context, m, m0, m_row, m_column, y, y0, y_row, y_column, scale, shift, channel, slope, floor
):
    """y (4, 4) = rectified(scale A^T m A + shift) for m (6, 6).

    Rectified x is x where x > 0, else slope max(x, floor).
    """
    return _ended_signature(m, y, scale, shift), _ended(OUTPUT_MAP, OUTPUTS)


@intrinsic
def transform_short_outputs(  # type: ignore
    _context, m, m0, m_row, m_column, y, y0, y_row, y_column, scale, shift, channel, slope, floor
):
    """The same for y (2, 4), of the rows 0, 1, 2, 5 of m; or (4, 2), rows and columns exchanged."""
    return _ended_signature(m, y, scale, shift), _ended(SHORT_OUTPUT_MAP, OUTPUTS_SHORT)
