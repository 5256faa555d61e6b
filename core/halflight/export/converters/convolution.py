"""Converters of the convolutions: channels first around ONNX's Conv and ConvTranspose."""

from collections.abc import Mapping

from halflight.export.converters.activation import activate
from halflight.export.converters.windows import pads
from halflight.export.writer import Converter, Host, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape, Weight
from halflight.nn.layer import Layer
from halflight.nn.layers.convolution import Convolution
from halflight.nn.layers.convolving import Convolving
from halflight.nn.layers.separable import Depthwise, Separable
from halflight.nn.layers.transposed import ConvolutionTranspose


def _convolution(w: Writer, layer: Convolution, x: Value, shape: Shape) -> str:
    kernel = w.weight(layer.kernel, filters_first)
    y = convolve(w, layer, x, shape, [kernel, *bias_of(w, layer.bias)], layer.groups)
    return activate(w, layer, w.channels_last(y, layer.axes))


def _depthwise(w: Writer, layer: Depthwise, x: Value, shape: Shape) -> str:
    kernel = w.weight(layer.kernel, _one_channel_each)
    y = convolve(w, layer, x, shape, [kernel, *bias_of(w, layer.bias)], x.shape[-1])
    return activate(w, layer, w.channels_last(y, layer.axes))


def _separable(w: Writer, layer: Separable, x: Value, shape: Shape) -> str:
    depthwise = w.weight(layer.depthwise_kernel, _one_channel_each)
    middle = convolve(w, layer, x, shape, [depthwise], x.shape[-1])
    pointwise = w.weight(layer.pointwise_kernel, filters_first)
    y = w.op("Conv", middle, pointwise, *bias_of(w, layer.bias))
    return activate(w, layer, w.channels_last(y, layer.axes))


def _transposed(w: Writer, layer: ConvolutionTranspose, x: Value, shape: Shape) -> str:
    """Write what of the windows is cropped as pads, what they do not reach as output padding."""
    strides, rank = layer.lengths("strides"), layer.axes
    axes = zip(x.shape[:-1], shape[:-1], strides, _windows(layer), strict=True)
    cropped = [(n - 1) * step + window - out for n, out, step, window in axes]
    before = [max(total, 0) // 2 for total in cropped]
    after = [max(total, 0) - first for total, first in zip(cropped, before, strict=True)]
    y = w.op(
        "ConvTranspose",
        w.channels_first(x.name, rank),
        w.weight(layer.kernel, filters_first),
        *bias_of(w, layer.bias),
        kernel_shape=layer.lengths("kernel_size"),
        strides=strides,
        dilations=layer.lengths("dilation_rate"),
        pads=before + after,
        output_padding=[max(-total, 0) for total in cropped],
    )
    return activate(w, layer, w.channels_last(y, rank))


def convolve(
    w: Writer, layer: Convolving, x: Value, shape: Shape, weights: list[str], groups: int
) -> str:
    """Write a Conv and return its output, channels first."""
    strides = layer.lengths("strides")
    return w.op(
        "Conv",
        w.channels_first(x.name, layer.axes),
        *weights,
        kernel_shape=layer.lengths("kernel_size"),
        strides=strides,
        dilations=layer.lengths("dilation_rate"),
        group=groups,
        pads=pads(layer.padding, x.shape[:-1], shape[:-1], _windows(layer), strides),
    )


def _windows(layer: Convolving) -> Shape:
    sizes, dilations = layer.lengths("kernel_size"), layer.lengths("dilation_rate")
    return tuple((size - 1) * step + 1 for size, step in zip(sizes, dilations, strict=True))


def bias_of(w: Writer, bias: Weight | None) -> list[str]:
    """Write a bias, if there is one."""
    return [] if bias is None else [w.weight(bias)]


def filters_first(kernel: Host) -> Host:
    """(..., channels, filters) -> (filters, channels, ...)."""
    axes = range(kernel.ndim)
    return kernel.transpose(axes[-1], axes[-2], *axes[:-2])


def _one_channel_each(kernel: Host) -> Host:
    """(..., channels, multiplier) -> (channels * multiplier, 1, ...)."""
    axes = range(kernel.ndim)
    order = (*axes[-2:], *axes[:-2])
    return kernel.transpose(order).reshape(-1, 1, *kernel.shape[:-2])


CONVERTERS: Mapping[type[Layer], Converter] = {
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.Conv1DTranspose: _transposed,
    layers.Conv2DTranspose: _transposed,
    layers.Conv3DTranspose: _transposed,
    layers.Conv3D: _convolution,
    layers.DepthwiseConv1D: _depthwise,
    layers.DepthwiseConv2D: _depthwise,
    layers.SeparableConv1D: _separable,
    layers.SeparableConv2D: _separable,
}
