"""The layers: Keras 3's names, arguments and defaults, channels last."""

from collections.abc import Mapping

from core.nn.layer import Layer
from core.nn.layers.activation import Activation, ELU, LeakyReLU, ReLU
from core.nn.layers.bidirectional import Bidirectional
from core.nn.layers.convolution import Conv1D, Conv2D, Conv3D
from core.nn.layers.dense import Dense
from core.nn.layers.embedding import Embedding
from core.nn.layers.global_pooling import GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
from core.nn.layers.gru import GRU
from core.nn.layers.lstm import LSTM
from core.nn.layers.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from core.nn.layers.normalization import BatchNormalization
from core.nn.layers.pooling import AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from core.nn.layers.regularization import Dropout
from core.nn.layers.reshaping import Flatten, Permute, Reshape
from core.nn.layers.resizing import Cropping1D, Cropping2D, UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D
from core.nn.layers.separable import DepthwiseConv2D, SeparableConv2D
from core.nn.layers.simple_rnn import SimpleRNN
from core.nn.layers.time_distributed import TimeDistributed
from core.nn.layers.transposed import Conv2DTranspose

__all__ = [
    "LAYERS",
    "Activation",
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Cropping1D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GRU",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "LSTM",
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
    "SeparableConv2D",
    "SimpleRNN",
    "Subtract",
    "TimeDistributed",
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
        Bidirectional,
        Concatenate,
        Conv1D,
        Conv2D,
        Conv2DTranspose,
        Conv3D,
        Cropping1D,
        Cropping2D,
        Dense,
        DepthwiseConv2D,
        Dropout,
        ELU,
        Embedding,
        Flatten,
        GRU,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        LSTM,
        LeakyReLU,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
        Maximum,
        Minimum,
        Multiply,
        Permute,
        ReLU,
        Reshape,
        SeparableConv2D,
        SimpleRNN,
        Subtract,
        TimeDistributed,
        UpSampling1D,
        UpSampling2D,
        ZeroPadding1D,
        ZeroPadding2D,
    )
}
"""Every layer that a saved model may name."""
