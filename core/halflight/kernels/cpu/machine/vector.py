"""Vector instructions of the CPU, emitted as LLVM: what the compiled loops cannot say themselves.

A vector is always LANES = 16 floats; LLVM maps it to one AVX-512, two AVX or four NEON/SSE
registers. Arrays are flat float32 with an element offset beside each; no bounds are checked.
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .level import LEVEL

LANES = 16
AVX512 = LEVEL.has("avx512f")

_FLOAT = ir.FloatType()
_FLOAT_BYTES = 4
_INDEX = ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
ZERO = ir.Constant(_VECTOR, [0.0] * LANES)


def index(value: int) -> ir.Constant:
    """An array index known at compile time."""
    return ir.Constant(_INDEX, value)


_element = index  # where an argument is named index


def constant(value: float) -> ir.Constant:
    """A vector with `value` in every lane."""
    return ir.Constant(_VECTOR, [value] * LANES)


def pointer(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    """The address of element `start` of an array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [start])


def load(builder: Any, address: Any, offset: Any = 0) -> Any:
    """The vector `offset` elements after an address."""
    return builder.load(_as_vector(builder, address, offset), align=_FLOAT_BYTES)


def store(builder: Any, value: Any, address: Any, offset: Any = 0) -> None:
    """Write a vector `offset` elements after an address."""
    builder.store(value, _as_vector(builder, address, offset), align=_FLOAT_BYTES)


def broadcast(builder: Any, address: Any, offset: Any = 0) -> Any:
    """The float `offset` elements after an address, in every lane."""
    return splat(builder, builder.load(at(builder, address, offset), align=_FLOAT_BYTES))


def splat(builder: Any, scalar: Any) -> Any:
    """A float in every lane."""
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, lanes)


def like(kind: Any, number: Any, builder: Any = None) -> Any:
    """A number as it is needed beside `kind`: in every lane of a vector, or alone."""
    if isinstance(number, float):
        return constant(number) if kind.type == _VECTOR else ir.Constant(_FLOAT, number)
    return splat(builder, number) if kind.type == _VECTOR else number


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c of vectors or numbers, rounded once: a processor that cannot does it in software."""
    kind = ir.FunctionType(a.type, [a.type] * 3)
    name = f"llvm.fma.v{LANES}f32" if a.type == _VECTOR else "llvm.fma.f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def add_lanes(builder: Any, vector: Any) -> Any:
    """The sum of a vector's lanes: its halves, the halves of these, and so on."""
    width = LANES
    while width > 1:
        width //= 2
        undefined, mask = (
            ir.Constant(vector.type, ir.Undefined),
            ir.VectorType(ir.IntType(32), width),
        )
        low, high = (
            builder.shuffle_vector(vector, undefined, ir.Constant(mask, list(range(k, k + width))))
            for k in (0, width)
        )
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))


def prefetch(builder: Any, address: Any, offset: Any = 0, level: int = 1) -> None:
    """Ask for the line `offset` elements after an address, in this level of the cache, or below."""
    byte = ir.IntType(8).as_pointer()
    flag = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
    read, keep, data = ir.Constant(flag, 0), ir.Constant(flag, 4 - level), ir.Constant(flag, 1)
    builder.call(function, [builder.bitcast(at(builder, address, offset), byte), read, keep, data])


def loop(
    builder: Any,
    count: Any,
    step: int,
    addresses: Sequence[Any],
    strides: Sequence[Any],
    values: Sequence[Any],
    body: Callable[[list[Any], list[Any]], list[Any]],
) -> list[Any]:
    """Run body(addresses, values) -> values for 0, step, ... < count, striding the addresses."""
    function, before = builder.function, builder.block
    test, inside, after = (
        function.append_basic_block(name) for name in ("test", "inside", "after")
    )
    builder.branch(test)
    builder.position_at_end(test)
    carried = []
    for start in [index(0), *addresses, *values]:
        phi = builder.phi(start.type)
        phi.add_incoming(start, before)
        carried.append(phi)
    counter, here, state = (
        carried[0],
        carried[1 : 1 + len(addresses)],
        carried[1 + len(addresses) :],
    )
    builder.cbranch(builder.icmp_signed("<", counter, count), inside, after)
    builder.position_at_end(inside)
    updated = body(here, state)
    advanced = [at(builder, address, by) for address, by in zip(here, strides, strict=True)]
    for phi, value in zip(
        carried, [builder.add(counter, index(step)), *advanced, *updated], strict=True
    ):
        phi.add_incoming(value, builder.block)
    builder.branch(test)
    builder.position_at_end(after)
    return state


def at(builder: Any, address: Any, offset: Any) -> Any:
    """The address `offset` elements on; an int or an LLVM value."""
    if isinstance(offset, int):
        if offset == 0:
            return address
        offset = index(offset)
    return builder.gep(address, [offset])


def _as_vector(builder: Any, address: Any, offset: Any) -> Any:
    return builder.bitcast(at(builder, address, offset), _VECTOR.as_pointer())


@intrinsic
def copy_floats(_context, target, target_start, source, source_start, length):
    """target[:length] = source[:length] from the elements given on, of any type of four bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to = pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        start = pointer(context, builder, signature.args[2], arguments[2], arguments[3])
        cgutils.raw_memcpy(builder, to, start, arguments[4], _FLOAT_BYTES)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate


@intrinsic
def keep_where(_context, target, target_start, source, index, start, length, place):
    """target = source where index is place, else 0, from the elements given on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to, here, where = (
            pointer(context, builder, signature.args[k], arguments[k], arguments[first])
            for k, first in ((0, 1), (2, 4), (3, 4))
        )
        length, place = arguments[5:]
        whole = builder.and_(length, _element(-LANES))
        places = ir.VectorType(place.type, LANES)
        undefined = ir.Constant(places, ir.Undefined)
        first = builder.insert_element(undefined, place, ir.Constant(place.type, 0))
        mask = ir.Constant(places, [0] * LANES)
        wanted = builder.shuffle_vector(first, undefined, mask)

        def vector(here: list[Any], _: list[Any]) -> list[Any]:
            found = builder.bitcast(here[2], places.as_pointer())
            same = builder.icmp_signed("==", builder.load(found, align=_FLOAT_BYTES), wanted)
            store(builder, builder.select(same, load(builder, here[1]), ZERO), here[0])
            return []

        def number(here: list[Any], _: list[Any]) -> list[Any]:
            same = builder.icmp_signed("==", builder.load(here[2]), place)
            zero = ir.Constant(_FLOAT, 0.0)
            builder.store(builder.select(same, builder.load(here[1]), zero), here[0])
            return []

        addresses = [to, here, where]
        loop(builder, whole, LANES, addresses, [_element(LANES)] * 3, [], vector)
        rest = [at(builder, address, whole) for address in addresses]
        left = builder.sub(length, whole)
        loop(builder, left, 1, rest, [_element(1)] * 3, [], number)
        return context.get_dummy_value()

    n = types.intp
    return types.void(target, n, source, index, n, n, types.int32), generate


@intrinsic
def expect_floats(_context, array, start, length):
    """Bring array[start : start + length] into the second-level cache while work goes on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = pointer(context, builder, signature.args[0], arguments[0], arguments[1])

        def line(here: list[Any], _: list[Any]) -> list[Any]:
            prefetch(builder, here[0], 0, level=2)
            return []

        loop(builder, arguments[2], LANES, [address], [index(LANES)], [], line)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate
