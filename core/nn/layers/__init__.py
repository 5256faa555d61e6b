"""The layers: Keras 3's names, arguments and defaults, channels last."""

from collections.abc import Mapping

from core.nn.layer import Layer
from core.nn.layers.activation import Activation
from core.nn.layers.activation_layers import (
    ELU,
    GELU,
    SELU,
    Gaussian,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from core.nn.layers.convolution import Conv2D
from core.nn.layers.dense import Dense, Perceptron
from core.nn.layers.merging import Add, Concatenate
from core.nn.layers.noise import GaussianDropout, GaussianNoise, Sampling
from core.nn.layers.normalization import BatchNormalization
from core.nn.layers.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from core.nn.layers.regularization import Dropout, SpatialDropout1D, SpatialDropout2D
from core.nn.layers.reshaping import Flatten
from core.nn.layers.sample_normalization import (
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
)

__all__ = [
    "ELU",
    "GELU",
    "LAYERS",
    "SELU",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Gaussian",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GroupNormalization",
    "LayerNormalization",
    "LeakyReLU",
    "Linear",
    "LocalResponseNormalization",
    "MaxPooling2D",
    "PReLU",
    "Perceptron",
    "ReLU",
    "Sampling",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Step",
    "Tanh",
]

LAYERS: Mapping[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        Add,
        AveragePooling2D,
        BatchNormalization,
        Concatenate,
        Conv2D,
        Dense,
        Dropout,
        ELU,
        Flatten,
        GELU,
        Gaussian,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling2D,
        GroupNormalization,
        LayerNormalization,
        LeakyReLU,
        Linear,
        LocalResponseNormalization,
        MaxPooling2D,
        PReLU,
        Perceptron,
        ReLU,
        SELU,
        Sampling,
        SiLU,
        Sigmoid,
        Softmax,
        Softplus,
        SpatialDropout1D,
        SpatialDropout2D,
        Step,
        Tanh,
    )
}
"""Every layer that a saved model may name."""
