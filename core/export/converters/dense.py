"""Converter of Dense: a product of matrices over the last axis."""

from core.export.converters.activation import activate
from core.export.writer import Value, Writer
from core.nn.layer import Shape
from core.nn.layers import Dense


def dense(w: Writer, layer: Dense, x: Value, shape: Shape) -> str:
    """Write Gemm for vectors; MatMul and Add where more axes come before the last."""
    kernel = w.weight(layer.kernel)
    if len(x.shape) == 1:
        bias = [w.weight(layer.bias)] if layer.bias is not None else []
        return activate(w, layer, w.op("Gemm", x.name, kernel, *bias))
    y = w.op("MatMul", x.name, kernel)
    if layer.bias is not None:
        y = w.op("Add", y, w.weight(layer.bias))
    return activate(w, layer, y)
