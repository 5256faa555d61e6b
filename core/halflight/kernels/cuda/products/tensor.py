"""The two instructions of the tensor cores that products use, for numbers of TF32.

TF32 is float32 with 10 bits of mantissa instead of 23 (NVIDIA, PTX ISA; compute capability 8.0 on).
"""

# ruff: noqa: ARG001 (an intrinsic names its arguments, and is given their types)

from typing import Any

import numpy as np
from numba import types

from ..machine.simulated import SIMULATED

if SIMULATED:

    def rounded(x):
        """The number of TF32 nearest to x, of two as near the larger in size."""
        x = np.float32(x)
        if not np.isfinite(x):
            return x
        bits = int(x.view(np.uint32)) + (1 << 12) >> 13 << 13
        return np.uint32(bits).view(np.float32)

    def mma(c, a, b):
        """One thread cannot do it alone: the simulator's products do without (tensor_tiles.py)."""
        raise NotImplementedError

else:
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.cuda.extending import intrinsic

    _FLOAT, _BITS = ir.FloatType(), ir.IntType(32)

    @intrinsic
    def rounded(_context, x):
        """The number of TF32 nearest to x, of two as near the larger in size."""

        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            function = ir.FunctionType(_BITS, [_FLOAT])
            assembly = ir.InlineAsm(function, "cvt.rna.tf32.f32 $0, $1;", "=r,f")
            return builder.bitcast(builder.call(assembly, arguments), _FLOAT)

        return types.float32(types.float32), generate

    @intrinsic
    def mma(_context, c, a, b):
        """c (16, 8) + a (16, 8) b (8, 8) of a whole warp, of which each thread holds 4, 4 and 2.

        With g = lane // 4 and t = lane % 4, a thread holds c[g, 2 t], c[g, 2 t + 1] and the same of
        row g + 8; a[g, t], a[g + 8, t], a[g, t + 4], a[g + 8, t + 4]; b[t, g] and b[t + 4, g].
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            sums, *factors = (
                [builder.extract_value(values, i) for i in range(len(kind))]
                for values, kind in zip(arguments, signature.args, strict=True)
            )
            bits = [builder.bitcast(number, _BITS) for part in factors for number in part]
            function = ir.FunctionType(
                ir.LiteralStructType([_FLOAT] * 4), [_BITS] * 6 + [_FLOAT] * 4
            )
            assembly = ir.InlineAsm(
                function,
                "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {$0, $1, $2, $3}, "
                "{$4, $5, $6, $7}, {$8, $9}, {$10, $11, $12, $13};",
                "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f",
            )
            # No thread may take another path to it: the warp computes together.
            result = builder.call(assembly, bits + sums, attrs=("convergent",))
            parts = [builder.extract_value(result, i) for i in range(4)]
            return context.make_tuple(builder, signature.return_type, parts)

        four, two = types.UniTuple(types.float32, 4), types.UniTuple(types.float32, 2)
        return four(four, four, two), generate
