"""Rows of the activation layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "elu": Row(lambda: layers.ELU(1.5), (IMAGE,), IMAGE),
    "gaussian": Row(layers.Gaussian, (IMAGE,), IMAGE),
    "gelu": Row(layers.GELU, (IMAGE,), IMAGE),
    "gelu approximate": Row(lambda: layers.GELU(approximate=True), (IMAGE,), IMAGE),
    "leaky relu": Row(lambda: layers.LeakyReLU(0.1), (IMAGE,), IMAGE),
    "linear": Row(layers.Linear, (IMAGE,), IMAGE),
    "prelu": Row(layers.PReLU, (IMAGE,), IMAGE),
    "prelu shared": Row(lambda: layers.PReLU("ones", (1, 2)), (IMAGE,), IMAGE),
    "prelu one slope": Row(lambda: layers.PReLU(shared_axes=(1, 2, 3)), (IMAGE,), IMAGE),
    "prelu frozen": Row(lambda: layers.PReLU(trainable=False), ((5,),), (5,)),
    "relu": Row(layers.ReLU, (IMAGE,), IMAGE),
    "relu clipped": Row(lambda: layers.ReLU(1.5, 0.25, 0.5), (IMAGE,), IMAGE),
    "selu": Row(layers.SELU, (IMAGE,), IMAGE),
    "sigmoid": Row(layers.Sigmoid, (IMAGE,), IMAGE),
    "silu": Row(layers.SiLU, (IMAGE,), IMAGE),
    "softmax": Row(layers.Softmax, ((5,),), (5,)),
    "softmax of pixels": Row(layers.Softmax, (IMAGE,), IMAGE),
    "softmax of rows": Row(lambda: layers.Softmax(axis=1), (IMAGE,), IMAGE),
    "softmax of an image": Row(lambda: layers.Softmax(axis=(1, 2)), (IMAGE,), IMAGE),
    "softmax of the last two": Row(lambda: layers.Softmax(axis=(-1, -2)), (IMAGE,), IMAGE),
    "softplus": Row(layers.Softplus, (IMAGE,), IMAGE),
    "step": Row(layers.Step, (IMAGE,), IMAGE),  # zero, and level almost everywhere
    "tanh": Row(layers.Tanh, (IMAGE,), IMAGE),
    "identity": Row(layers.Identity, (IMAGE,), IMAGE),
}
