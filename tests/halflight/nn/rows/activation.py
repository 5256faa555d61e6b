"""Rows of the activations by name."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import IMAGE, Row

ROWS = {
    "activation": Row(lambda: layers.Activation("sigmoid"), (IMAGE,), IMAGE),
    "activation linear": Row(lambda: layers.Activation("linear"), (IMAGE,), IMAGE),
    "activation relu6": Row(lambda: layers.Activation("relu6"), (IMAGE,), IMAGE),
    "activation hard_sigmoid": Row(lambda: layers.Activation("hard_sigmoid"), (IMAGE,), IMAGE),
    "activation softsign": Row(lambda: layers.Activation("softsign"), (IMAGE,), IMAGE),
    "activation exponential": Row(lambda: layers.Activation("exponential"), (IMAGE,), IMAGE),
    "activation mish": Row(lambda: layers.Activation("mish"), (IMAGE,), IMAGE),
    "activation log_softmax": Row(lambda: layers.Activation("log_softmax"), (IMAGE,), IMAGE),
}
