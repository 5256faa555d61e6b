"""The layers: Keras 3's names, arguments and defaults, channels last."""

from halflight.nn.layer import LAYERS, Input, Layer
from halflight.nn.layers.activation import Activation
from halflight.nn.layers.activation_layers import (
    ELU,
    GELU,
    SELU,
    Gaussian,
    Identity,
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
from halflight.nn.layers.activity import ActivityRegularization
from halflight.nn.layers.attention import AdditiveAttention, Attention
from halflight.nn.layers.augmentation import (
    RandomChannels,
    RandomFlip,
    RandomOrientation,
    RandomTranslation,
)
from halflight.nn.layers.bidirectional import Bidirectional
from halflight.nn.layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from halflight.nn.layers.convolution import Conv1D, Conv2D, Conv3D
from halflight.nn.layers.dense import Dense, Perceptron
from halflight.nn.layers.dot import Dot
from halflight.nn.layers.einsum_dense import EinsumDense
from halflight.nn.layers.embedding import Embedding
from halflight.nn.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from halflight.nn.layers.gru import GRU
from halflight.nn.layers.known_normalization import Normalization
from halflight.nn.layers.lstm import LSTM
from halflight.nn.layers.masking import Masking, NotEqual
from halflight.nn.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from halflight.nn.layers.multi_head_attention import MultiHeadAttention
from halflight.nn.layers.noise import GaussianDropout, GaussianNoise, Sampling
from halflight.nn.layers.normalization import BatchNormalization
from halflight.nn.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from halflight.nn.layers.regularization import (
    AlphaDropout,
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from halflight.nn.layers.remapping import Padding1D, Padding2D, Resizing
from halflight.nn.layers.reshaping import Flatten, Permute, RepeatVector, Rescaling, Reshape
from halflight.nn.layers.resizing import (
    CenterCrop,
    Cropping1D,
    Cropping2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from halflight.nn.layers.rnn import RNN, GRUCell, LSTMCell, SimpleRNNCell
from halflight.nn.layers.sample_normalization import (
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
    RMSNormalization,
    UnitNormalization,
)
from halflight.nn.layers.separable import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from halflight.nn.layers.simple_rnn import SimpleRNN
from halflight.nn.layers.states import Part
from halflight.nn.layers.time_distributed import TimeDistributed
from halflight.nn.layers.transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from halflight.nn.layers.volumes import Cropping3D, UpSampling3D, ZeroPadding3D
from halflight.nn.tensor import InputLayer

LAYERS.collect(globals())

AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
GlobalAvgPool1D, GlobalMaxPool1D = GlobalAveragePooling1D, GlobalMaxPooling1D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D
GlobalAvgPool3D, GlobalMaxPool3D = GlobalAveragePooling3D, GlobalMaxPooling3D
