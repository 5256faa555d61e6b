"""Converters of the convolutions: channels first around ONNX's Conv."""

from collections.abc import Mapping

from core.export.converters.activation import activate
from core.export.converters.windows import pads
from core.export.writer import Converter, Value, Writer
from core.nn import layers
from core.nn.layer import Layer, Shape


def _convolution(w: Writer, layer: layers.Conv2D, x: Value, shape: Shape) -> str:
    """The kernel of ONNX is (filters, channels, rows, columns)."""
    size = layer.kernel.shape[:2]
    y = w.op(
        "Conv",
        w.channels_first(x.name, 2),
        w.weight(layer.kernel, lambda kernel: kernel.transpose(3, 2, 0, 1)),
        *([] if layer.bias is None else [w.weight(layer.bias)]),
        kernel_shape=size,
        strides=layer.steps,
        pads=pads(layer.padding, x.shape[:-1], shape[:-1], size, layer.steps),
    )
    return activate(w, layer, w.channels_last(y, 2))


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Conv2D: _convolution,
}
