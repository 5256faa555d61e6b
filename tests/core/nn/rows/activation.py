"""Rows of the activation layers."""

from core.nn import layers
from tests.core.nn.rows.row import IMAGE, Row

ROWS = {
    "activation": Row(lambda: layers.Activation("sigmoid"), (IMAGE,), IMAGE),
    "activation linear": Row(lambda: layers.Activation("linear"), (IMAGE,), IMAGE),
    "relu": Row(layers.ReLU, (IMAGE,), IMAGE),
    "leaky relu": Row(lambda: layers.LeakyReLU(0.1), (IMAGE,), IMAGE),
    "elu": Row(lambda: layers.ELU(1.5), (IMAGE,), IMAGE),
}
