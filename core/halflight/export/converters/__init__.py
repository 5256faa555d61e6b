"""Converters: how each class of layer is said in ONNX, one file and one table a family."""

from collections.abc import Mapping

from halflight.export.converters import (
    activation,
    attention,
    conv_lstm,
    convolution,
    dense,
    masking,
    merging,
    normalization,
    pooling,
    recurrent,
    regularization,
    reshaping,
    resizing,
    wrappers,
)
from halflight.export.writer import Converter
from halflight.nn.layer import Layer

CONVERTERS: Mapping[type[Layer], Converter] = {
    **activation.CONVERTERS,
    **attention.CONVERTERS,
    **conv_lstm.CONVERTERS,
    **convolution.CONVERTERS,
    **dense.CONVERTERS,
    **masking.CONVERTERS,
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
