"""Converters: how each class of layer is said in ONNX, one file and one table a family."""

from collections.abc import Mapping, Sequence

from halflight.export.converters import (
    activation,
    convolution,
    dense,
    merging,
    normalization,
    pooling,
    recurrent,
    regularization,
    reshaping,
    resizing,
    wrappers,
)
from halflight.export.writer import Converter, Value, Writer
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer

__all__ = ["CONVERTERS", "INEXPRESSIBLE", "convert"]

CONVERTERS: Mapping[type[Layer], Converter] = {
    **activation.CONVERTERS,
    **convolution.CONVERTERS,
    **dense.CONVERTERS,
    **merging.CONVERTERS,
    **normalization.CONVERTERS,
    **pooling.CONVERTERS,
    **recurrent.CONVERTERS,
    **regularization.CONVERTERS,
    **reshaping.CONVERTERS,
    **resizing.CONVERTERS,
    **wrappers.CONVERTERS,
}
"""How each class of layer is written."""

INEXPRESSIBLE: Mapping[type[Layer], str] = {}
"""Layers that ONNX has no words for, with the reason."""


def convert(w: Writer, layer: Layer, x: Value | Sequence[Value], shape: Shape) -> str:
    """Write one call of a layer and return the name of its output, of `shape` a sample.

    Raises:
        ValueError: the layer cannot be said in ONNX; the message names it and the reason.
    """
    with w.inside(layer):
        if type(layer) in INEXPRESSIBLE:
            raise w.error(INEXPRESSIBLE[type(layer)])
        if type(layer) not in CONVERTERS:
            raise w.error("its class has no converter in halflight.export.converters.CONVERTERS")
        return CONVERTERS[type(layer)](w, layer, x, shape)
