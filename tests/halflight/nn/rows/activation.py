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
    "activation celu": Row(lambda: layers.Activation("celu"), (IMAGE,), IMAGE),
    "activation hard_silu": Row(lambda: layers.Activation("hard_silu"), (IMAGE,), IMAGE),
    "activation hard_tanh": Row(lambda: layers.Activation("hard_tanh"), (IMAGE,), IMAGE),
    "activation hard_shrink": Row(lambda: layers.Activation("hard_shrink"), (IMAGE,), IMAGE),
    "activation soft_shrink": Row(lambda: layers.Activation("soft_shrink"), (IMAGE,), IMAGE),
    "activation tanh_shrink": Row(lambda: layers.Activation("tanh_shrink"), (IMAGE,), IMAGE),
    "activation threshold": Row(lambda: layers.Activation("threshold"), (IMAGE,), IMAGE),
    "activation log_sigmoid": Row(lambda: layers.Activation("log_sigmoid"), (IMAGE,), IMAGE),
    "activation sparse_plus": Row(lambda: layers.Activation("sparse_plus"), (IMAGE,), IMAGE),
    "activation sparse_sigmoid": Row(lambda: layers.Activation("sparse_sigmoid"), (IMAGE,), IMAGE),
    "activation squareplus": Row(lambda: layers.Activation("squareplus"), (IMAGE,), IMAGE),
}
