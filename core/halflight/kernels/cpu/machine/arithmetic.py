"""One number's arithmetic that Python has no operator for."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any

from numba import types
from numba.extending import intrinsic

from .vector import multiply_add


@intrinsic
def fma(_context, a, b, c):
    """a b + c of float32, rounded once: loops of it use SIMD."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return multiply_add(builder, *arguments)

    return types.float32(types.float32, types.float32, types.float32), generate
