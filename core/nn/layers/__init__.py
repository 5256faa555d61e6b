"""The layers: Keras 3's names, arguments and defaults, channels last."""

from collections.abc import Mapping

from core.nn.layer import Layer
from core.nn.layers.activation import ELU, Activation, LeakyReLU, ReLU
from core.nn.layers.bidirectional import Bidirectional
from core.nn.layers.convolution import Conv2D
from core.nn.layers.dense import Dense
from core.nn.layers.embedding import Embedding
from core.nn.layers.gru import GRU
from core.nn.layers.lstm import LSTM
from core.nn.layers.merging import Add, Concatenate
from core.nn.layers.normalization import BatchNormalization
from core.nn.layers.pooling import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from core.nn.layers.regularization import Dropout
from core.nn.layers.reshaping import Flatten
from core.nn.layers.simple_rnn import SimpleRNN
from core.nn.layers.time_distributed import TimeDistributed

__all__ = [
    "ELU",
    "GRU",
    "LAYERS",
    "LSTM",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling2D",
    "LeakyReLU",
    "MaxPooling2D",
    "ReLU",
    "SimpleRNN",
    "TimeDistributed",
]

LAYERS: Mapping[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        Add,
        AveragePooling2D,
        BatchNormalization,
        Bidirectional,
        Concatenate,
        Conv2D,
        Dense,
        Dropout,
        ELU,
        Embedding,
        Flatten,
        GRU,
        GlobalAveragePooling2D,
        LSTM,
        LeakyReLU,
        MaxPooling2D,
        ReLU,
        SimpleRNN,
        TimeDistributed,
    )
}
"""Every layer that a saved model may name."""
