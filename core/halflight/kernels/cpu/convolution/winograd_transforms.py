"""Tiles of 16 channels transformed for Winograd's algorithm: both axes of a tile in one go."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..machine.vector import at, load, multiply_add, pointer, splat, store
from ..products.epilogue import rectified
from .winograd_maps import (
    GRADIENT_MAP,
    INPUT_MAP,
    INPUTS,
    INPUTS_SHORT,
    OUTPUT_MAP,
    OUTPUTS,
    OUTPUTS_SHORT,
    SHORT_INPUT_MAP,
    SHORT_OUTPUT_MAP,
    TAPS,
    WEIGHT_GRADIENT_MAP,
    WEIGHT_MAP,
    Map,
    Vectors,
)


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
def transform_inputs(_context, x, x0, x_row, x_column, v, v0, v_row, v_column):
    """v (6, 6) = B^T x B for x (6, 6); each element a vector, with the strides given."""
    return _signature(x, v), _square(INPUT_MAP, INPUTS, INPUTS)


@intrinsic
def transform_short_inputs(_context, x, x0, x_row, x_column, v, v0, v_row, v_column):
    """The rows 0, 1, 2, 5 of v (6, 6) for 2 x 4 outputs from x (4, 6).

    With rows and columns exchanged it is the same for 4 x 2 outputs.
    """
    tall = (INPUTS, INPUTS)
    return _signature(x, v), _transform(SHORT_INPUT_MAP, INPUT_MAP, (INPUTS_SHORT, INPUTS), tall)


@intrinsic
def transform_gradients(_context, y, y0, y_row, y_column, z, z0, z_row, z_column):
    """z (6, 6) = A y A^T for y (4, 4)."""
    return _signature(y, z), _square(GRADIENT_MAP, OUTPUTS, INPUTS)


@intrinsic
def transform_weights(_context, w, w0, w_row, w_column, u, u0, u_row, u_column):
    """u (6, 6) = G w G^T for w (3, 3)."""
    return _signature(w, u), _square(WEIGHT_MAP, TAPS, INPUTS)


@intrinsic
def transform_weight_gradients(_context, u, u0, u_row, u_column, w, w0, w_row, w_column):
    """w (3, 3) = G^T u G for u (6, 6)."""
    return _signature(u, w), _square(WEIGHT_GRADIENT_MAP, INPUTS, TAPS)


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
def transform_outputs(
    _context, m, m0, m_row, m_column, y, y0, y_row, y_column, scale, shift, channel, slope, floor
):
    """y (4, 4) = rectified(scale A^T m A + shift) for m (6, 6).

    Rectified x is x where x > 0, else slope max(x, floor).
    """
    return _ended_signature(m, y, scale, shift), _ended(OUTPUT_MAP, OUTPUTS)


@intrinsic
def transform_short_outputs(
    _context, m, m0, m_row, m_column, y, y0, y_row, y_column, scale, shift, channel, slope, floor
):
    """The same for y (2, 4), of the rows 0, 1, 2, 5 of m; or (4, 2), rows and columns exchanged."""
    return _ended_signature(m, y, scale, shift), _ended(SHORT_OUTPUT_MAP, OUTPUTS_SHORT)
