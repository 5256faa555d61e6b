"""Converters of Dense and Perceptron: a product of matrices over the last axis."""

from collections.abc import Mapping

from halflight.export.converters.activation import activate
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer


def _dense(w: Writer, layer: layers.Dense, x: Value, shape: Shape) -> str:
    """Write Gemm for vectors; MatMul and Add where more axes come before the last."""
    kernel = w.weight(layer.kernel)
    bias = [w.weight(layer.bias)] if layer.bias is not None else []
    if len(x.shape) == 1:
        return activate(w, layer, w.op("Gemm", x.name, kernel, *bias))
    y = w.op("MatMul", x.name, kernel)
    return activate(w, layer, w.op("Add", y, *bias) if bias else y)


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Dense: _dense,
    layers.Perceptron: _dense,
}
