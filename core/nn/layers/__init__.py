"""The layers: Keras 3's names, arguments and defaults, channels last."""

from collections.abc import Mapping

from core.nn.layer import Layer
from core.nn.layers.activation import ELU, Activation, LeakyReLU, ReLU
from core.nn.layers.convolution import Conv2D
from core.nn.layers.dense import Dense
from core.nn.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from core.nn.layers.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from core.nn.layers.normalization import BatchNormalization
from core.nn.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from core.nn.layers.regularization import Dropout
from core.nn.layers.reshaping import Flatten, Permute, Reshape
from core.nn.layers.resizing import (
    Cropping1D,
    Cropping2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)

__all__ = [
    "ELU",
    "LAYERS",
    "Activation",
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Cropping1D",
    "Cropping2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "ReLU",
    "Reshape",
    "Subtract",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
]

LAYERS: Mapping[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        Add,
        Average,
        AveragePooling1D,
        AveragePooling2D,
        AveragePooling3D,
        BatchNormalization,
        Concatenate,
        Conv2D,
        Cropping1D,
        Cropping2D,
        Dense,
        Dropout,
        ELU,
        Flatten,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        LeakyReLU,
        Maximum,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
        Minimum,
        Multiply,
        Permute,
        ReLU,
        Reshape,
        Subtract,
        UpSampling1D,
        UpSampling2D,
        ZeroPadding1D,
        ZeroPadding2D,
    )
}
"""Every layer that a saved model may name."""
