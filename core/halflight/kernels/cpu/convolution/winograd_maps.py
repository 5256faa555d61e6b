"""The linear maps of Winograd's F(4x4, 3x3), as code for one axis of a tile.

y = A^T [(G w G^T) * (B^T x B)] A gives 4 x 4 outputs from 6 x 6 inputs with 36 multiplications
rather than 144 (Lavin & Gray 2016, arXiv:1509.09308). The maps follow from interpolation through
the points 0, +-P, +-Q and infinity (Toom-Cook). P = 3/4 and Q = 3/2 have less than half the
rounding error of the usual 1 and 2: the powers in A and B stay near 1. Two outputs need four of the
points, and the same transformed weights if the inputs take over what the others gave them.
"""

from collections.abc import Callable
from typing import Any

from ..machine.vector import constant, multiply_add

OUTPUTS = 4  # rows and columns of an output tile
INPUTS = 6  # rows and columns of an input tile
POINTS = INPUTS * INPUTS  # products for each tile and pair of channels
OUTPUTS_SHORT = 2  # of an edge that ends sooner, from
INPUTS_SHORT = 4  # inputs, by
POINTS_SHORT = (0, 1, 2, 5)  # these products of an axis
TAPS = 3

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


WEIGHT_GRADIENT_MAP: Map = ((tuple(range(TAPS)), _weight_gradients),)
"""G^T, the transpose of WEIGHT_MAP."""
