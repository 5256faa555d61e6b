"""The layers: Keras 3's names, arguments and defaults, channels last."""

from collections.abc import Mapping

from core.nn.layer import Layer
from core.nn.layers.activation import ELU, Activation, LeakyReLU, ReLU
from core.nn.layers.convolution import Conv1D, Conv2D, Conv3D
from core.nn.layers.dense import Dense
from core.nn.layers.merging import Add, Concatenate
from core.nn.layers.normalization import BatchNormalization
from core.nn.layers.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from core.nn.layers.regularization import Dropout
from core.nn.layers.reshaping import Flatten
from core.nn.layers.separable import DepthwiseConv2D, SeparableConv2D
from core.nn.layers.transposed import Conv2DTranspose

__all__ = [
    "ELU",
    "LAYERS",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "LeakyReLU",
    "MaxPooling2D",
    "ReLU",
    "SeparableConv2D",
]

LAYERS: Mapping[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        Add,
        AveragePooling2D,
        BatchNormalization,
        Concatenate,
        Conv1D,
        Conv2D,
        Conv2DTranspose,
        Conv3D,
        Dense,
        DepthwiseConv2D,
        Dropout,
        ELU,
        Flatten,
        GlobalAveragePooling2D,
        LeakyReLU,
        MaxPooling2D,
        ReLU,
        SeparableConv2D,
    )
}
"""Every layer that a saved model may name."""
