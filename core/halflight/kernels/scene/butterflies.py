"""One step of a Fourier transform on many columns side by side, emitted as LLVM.

Stockham's algorithm (Van Loan 1992, Computational Frameworks for the FFT, section 1.7) transforms
the columns of a matrix by steps that read rows and write rows, so that all columns of a row are
worked on at once. Each operation is written out, so that the bytes are those of every processor.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

import math
from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..cpu.machine.vector import (
    LANES,
    broadcast,
    constant,
    index,
    load,
    loop,
    multiply_add,
    pointer,
    store,
)

WIDTH = LANES
"""The length of a row is a multiple of this."""
Complex = tuple[Any, Any]


def _add(builder: Any, a: Complex, b: Complex) -> Complex:
    return builder.fadd(a[0], b[0]), builder.fadd(a[1], b[1])


def _subtract(builder: Any, a: Complex, b: Complex) -> Complex:
    return builder.fsub(a[0], b[0]), builder.fsub(a[1], b[1])


def _turned(builder: Any, a: Complex) -> Complex:
    """i a."""
    return builder.fneg(a[1]), a[0]


def _two(builder: Any, a: list[Complex]) -> list[Complex]:
    return [_add(builder, *a), _subtract(builder, *a)]


def _three(builder: Any, a: list[Complex]) -> list[Complex]:
    both, apart = _add(builder, a[1], a[2]), _turned(builder, _subtract(builder, a[1], a[2]))
    half, root = constant(-0.5), constant(math.sqrt(0.75))
    middle = tuple(multiply_add(builder, half, b, x) for b, x in zip(both, a[0], strict=True))
    high = tuple(multiply_add(builder, root, d, m) for d, m in zip(apart, middle, strict=True))
    down = constant(-math.sqrt(0.75))
    low = tuple(multiply_add(builder, down, d, m) for d, m in zip(apart, middle, strict=True))
    return [_add(builder, a[0], both), high, low]


def _four(builder: Any, a: list[Complex]) -> list[Complex]:
    even, odd = _two(builder, [a[0], a[2]]), _two(builder, [a[1], a[3]])
    odd[1] = _turned(builder, odd[1])
    return [
        _add(builder, even[0], odd[0]),
        _add(builder, even[1], odd[1]),
        _subtract(builder, even[0], odd[0]),
        _subtract(builder, even[1], odd[1]),
    ]


_TRANSFORMS = {2: _two, 3: _three, 4: _four}


def _butterfly(radix: int) -> Callable[..., Any]:
    """The code of out[j] = w^j sum over k of in[k] exp(2 pi i j k / radix), for rows j and k."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        out = pointer(context, builder, kinds[0], arguments[0], arguments[1])
        source = pointer(context, builder, kinds[4], arguments[4], arguments[5])
        turns = pointer(context, builder, kinds[8], arguments[8], arguments[9])
        out_step, out_imaginary, step, imaginary = (arguments[k] for k in (2, 3, 6, 7))
        length = arguments[10]
        factors = [
            (broadcast(builder, turns, index(2 * j)), broadcast(builder, turns, index(2 * j + 1)))
            for j in range(radix - 1)
        ]

        def rows(addresses: list[Any], values: list[Any]) -> list[Any]:
            to, of = addresses
            given = []
            for k in range(radix):
                offset = builder.mul(step, index(k))
                other = builder.add(offset, imaginary)
                given.append((load(builder, of, offset), load(builder, of, other)))
            for j, (real, imag) in enumerate(_TRANSFORMS[radix](builder, given)):
                if j > 0:
                    c, s = factors[j - 1]
                    real, imag = (
                        multiply_add(builder, real, c, builder.fneg(builder.fmul(imag, s))),
                        multiply_add(builder, imag, c, builder.fmul(real, s)),
                    )
                offset = builder.mul(out_step, index(j))
                store(builder, real, to, offset)
                store(builder, imag, to, builder.add(offset, out_imaginary))
            return values

        loop(builder, length, LANES, [out, source], [index(LANES)] * 2, [], rows)
        return context.get_dummy_value()

    return generate


_N = types.intp


@intrinsic
def butterfly_2(
    _context, out, to, to_step, to_imaginary, source, at, step, imaginary, turns, turn, length
):
    """Two rows: out and source (flat float32) hold real and imaginary parts so far apart.

    Row j of `out` begins at to + j to_step, row k of `source` at at + k step; `turns` holds w, w^2,
    ... from `turn`, real and imaginary parts. length: numbers of a row, a multiple of
    WIDTH.
    """
    return types.none(out, _N, _N, _N, source, _N, _N, _N, turns, _N, _N), _butterfly(2)


@intrinsic
def butterfly_3(
    _context, out, to, to_step, to_imaginary, source, at, step, imaginary, turns, turn, length
):
    """Three rows, as `butterfly_2`."""
    return types.none(out, _N, _N, _N, source, _N, _N, _N, turns, _N, _N), _butterfly(3)


@intrinsic
def butterfly_4(
    _context, out, to, to_step, to_imaginary, source, at, step, imaginary, turns, turn, length
):
    """Four rows, as `butterfly_2`."""
    return types.none(out, _N, _N, _N, source, _N, _N, _N, turns, _N, _N), _butterfly(4)
