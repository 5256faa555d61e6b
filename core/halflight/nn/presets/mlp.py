"""mlp: the multilayer perceptron, dense layers one after the other."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import Dense, Dropout, Flatten
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (8,),
    outputs: int = 1,
    hidden_units: Sequence[int] = (64, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a multilayer perceptron (Rumelhart, Hinton & Williams 1986, Nature 323, 533).

    A layer from n to m values has (n + 1) m parameters.

    Args:
        input_shape: (features,); an image is flattened.
        outputs: length of the output: logits of classes, or values.
        hidden_units: widths of the hidden layers; none makes a linear model.
        activation: of the hidden layers.
        dropout: share of each hidden layer's values dropped in training; 0 adds no layer.
        backend, seed: see `Model`.

    Raises:
        ValueError: a bad layer argument.
    """
    features = x = Input(input_shape, name="features")
    if len(x.shape) > 1:
        x = Flatten(name="flatten")(x)
    for number, units in enumerate(hidden_units, start=1):
        x = Dense(units, activation=activation, name=f"dense_{number}")(x)
        if dropout:
            x = Dropout(dropout, name=f"dropout_{number}")(x)
    return Model(features, Dense(outputs, name="head")(x), backend=backend, seed=seed)
