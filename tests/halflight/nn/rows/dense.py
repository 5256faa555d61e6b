"""Rows of the dense layers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import Row

ROWS = {
    "dense": Row(lambda: layers.Dense(4), ((5,),), (4,)),
    "dense relu": Row(lambda: layers.Dense(4, "relu", use_bias=False), ((5,),), (4,)),
    "dense rows": Row(lambda: layers.Dense(4, "tanh"), ((3, 2, 5),), (3, 2, 4)),
    "dense silu": Row(lambda: layers.Dense(4, activation="silu"), ((5,),), (4,)),
    "dense softplus": Row(lambda: layers.Dense(4, activation="softplus"), ((5,),), (4,)),
    "dense gelu": Row(lambda: layers.Dense(4, activation="gelu"), ((5,),), (4,)),
    "dense softmax": Row(lambda: layers.Dense(4, activation="softmax"), ((5,),), (4,)),
    "perceptron": Row(lambda: layers.Perceptron(4), ((5,),), (4,), gradient=False),
}
