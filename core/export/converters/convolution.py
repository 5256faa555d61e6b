"""Converters of the convolutions: channels first around ONNX's Conv."""

from collections.abc import Sequence

from core.export.converters.activation import activate
from core.export.writer import Value, Writer
from core.nn.layer import Shape
from core.nn.layers import Conv2D


def margins(
    image: Shape, output: Shape, size: Sequence[int], strides: Sequence[int], before: Sequence[int]
) -> list[int]:
    """Return ONNX's pads, all before, then all after, for windows of `size` (dilated)."""
    after = [
        max((out - 1) * step + width - n - begin, 0)
        for n, out, width, step, begin in zip(image, output, size, strides, before, strict=True)
    ]
    return [*before, *after]


def conv2d(w: Writer, layer: Conv2D, x: Value, shape: Shape) -> str:
    """Write a Conv, whose kernel is (filters, channels, rows, columns)."""
    size = layer.kernel.shape[:2]
    inputs = [
        w.channels_first(x.name, 2),
        w.weight(layer.kernel, lambda kernel: kernel.transpose(3, 2, 0, 1)),
    ]
    if layer.bias is not None:
        inputs.append(w.weight(layer.bias))
    y = w.op(
        "Conv",
        *inputs,
        kernel_shape=size,
        strides=layer.steps,
        pads=margins(x.shape[:2], shape[:2], size, layer.steps, layer.margins),
    )
    return activate(w, layer, w.channels_last(y, 2))
