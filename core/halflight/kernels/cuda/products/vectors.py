"""Four floats at a time: one load or store of 16 bytes, which the hardware does best."""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any

from numba import types

from ..machine.simulated import SIMULATED

# Of shared arrays that are read so; Numba simulates none.
ALIGNMENT = None if SIMULATED else 16

if SIMULATED:

    def load4(array, start):
        """array[start : start + 4], which must begin at a multiple of 16 bytes."""
        return array[start], array[start + 1], array[start + 2], array[start + 3]

    def store4(array, start, a, b, c, d):
        """array[start : start + 4] = a, b, c, d."""
        array[start], array[start + 1], array[start + 2], array[start + 3] = a, b, c, d

else:
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.cuda.extending import intrinsic

    _FOUR = ir.VectorType(ir.FloatType(), 4)
    _BYTES = 16

    def _address(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
        data = context.make_array(kind)(context, builder, array).data
        place = builder.gep(data, [start])
        return builder.bitcast(place, _FOUR.as_pointer(place.type.addrspace))

    @intrinsic
    def load4(_context, array, start):
        """array[start : start + 4], which must begin at a multiple of 16 bytes."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector = builder.load(
                _address(context, builder, signature.args[0], *arguments), align=_BYTES
            )
            lanes = [
                builder.extract_element(vector, ir.Constant(ir.IntType(32), i)) for i in range(4)
            ]
            return context.make_tuple(builder, signature.return_type, lanes)

        return types.UniTuple(types.float32, 4)(array, types.intp), generate

    @intrinsic
    def store4(_context, array, start, a, b, c, d):
        """array[start : start + 4] = a, b, c, d."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector = ir.Constant(_FOUR, ir.Undefined)
            for i, value in enumerate(arguments[2:]):
                vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), i))
            place = _address(context, builder, signature.args[0], *arguments[:2])
            builder.store(vector, place, align=_BYTES)
            return context.get_dummy_value()

        number = types.float32
        return types.void(array, types.intp, number, number, number, number), generate
