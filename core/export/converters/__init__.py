"""Converters: how each class of layer is said in ONNX, one file a family."""

from collections.abc import Callable, Mapping, Sequence

from core.export.converters.activation import elementwise
from core.export.converters.convolution import conv2d
from core.export.converters.dense import dense
from core.export.converters.merging import add, concatenate
from core.export.converters.normalization import batch_normalization
from core.export.converters.pooling import average_pooling, global_average_pooling, max_pooling
from core.export.converters.regularization import nothing
from core.export.converters.reshaping import reshape
from core.export.writer import Value, Writer
from core.nn import layers
from core.nn.layer import Layer, Shape

__all__ = ["CONVERTERS", "INEXPRESSIBLE", "convert"]

CONVERTERS: Mapping[type[Layer], Callable[..., str]] = {
    layers.Activation: elementwise,
    layers.Add: add,
    layers.AveragePooling2D: average_pooling,
    layers.BatchNormalization: batch_normalization,
    layers.Concatenate: concatenate,
    layers.Conv2D: conv2d,
    layers.Dense: dense,
    layers.Dropout: nothing,
    layers.ELU: elementwise,
    layers.Flatten: reshape,
    layers.GlobalAveragePooling2D: global_average_pooling,
    layers.LeakyReLU: elementwise,
    layers.MaxPooling2D: max_pooling,
    layers.ReLU: elementwise,
}
"""converter(writer, layer, input or list of inputs, output shape) -> name of the output."""

INEXPRESSIBLE: Mapping[type[Layer], str] = {}
"""Layers that ONNX has no words for, with the reason."""


def convert(w: Writer, layer: Layer, x: Value | Sequence[Value], shape: Shape) -> str:
    """Write one call of a layer and return the name of its output, of `shape` a sample.

    Raises:
        ValueError: the layer cannot be said in ONNX; the message names it and the reason.
    """
    outer, w.layer = w.layer, layer
    if type(layer) in INEXPRESSIBLE:
        raise w.error(INEXPRESSIBLE[type(layer)])
    if type(layer) not in CONVERTERS:
        raise w.error("its class has no converter; add one to core.export.converters.CONVERTERS")
    y = CONVERTERS[type(layer)](w, layer, x, shape)
    w.layer = outer
    return y
