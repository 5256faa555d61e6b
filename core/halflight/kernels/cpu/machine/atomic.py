"""Words of memory that threads share: read and written whole, in one order that all threads see."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

WORDS = types.CPointer(types.int64)
"""The address of 64-bit words."""

_ORDER = "seq_cst"
_BYTES = 8


def _place(builder: Any, arguments: Any) -> Any:
    return builder.gep(arguments[0], [arguments[1]])


@intrinsic
def load(_context, words, place):
    """The word `place` words after an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_place(builder, arguments), _ORDER, _BYTES)

    return types.int64(WORDS, types.int64), generate


@intrinsic
def store(_context, words, place, value):
    """Write a word."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[2], _place(builder, arguments), _ORDER, _BYTES)
        return context.get_dummy_value()

    return types.none(WORDS, types.int64, types.int64), generate


@intrinsic
def add(_context, words, place, value):
    """Add to a word, and return what it was before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", _place(builder, arguments), arguments[2], _ORDER)

    return types.int64(WORDS, types.int64, types.int64), generate


@intrinsic
def replace(_context, words, place, old, new):
    """Write a new word if the old one is there; return whether it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, (old, new) = _place(builder, arguments), arguments[2:]
        return builder.extract_value(builder.cmpxchg(place, old, new, _ORDER), 1)

    return types.boolean(WORDS, types.int64, types.int64, types.int64), generate


@intrinsic
def at(_context, address):
    """The words at an address that is kept as a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(WORDS))

    return WORDS(types.int64), generate


@intrinsic
def address(_context, words):
    """The address of words as a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(WORDS), generate


@intrinsic
def on_stack(_context, count):
    """Words that are there until the calling function returns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.alloca(ir.IntType(64), arguments[0])

    return WORDS(types.int64), generate


@intrinsic
def call(_context, function, arrays, sizes, steps):
    """Call the body of a parallel loop, whose address is `function`, as Numba calls it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words = context.get_value_type(WORDS)
        kind = ir.FunctionType(ir.VoidType(), [words] * 4)
        body = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(body, [*arguments[1:], ir.Constant(words, None)])
        return context.get_dummy_value()

    return types.none(types.int64, WORDS, WORDS, WORDS), generate
