"""perceptron: threshold units that see every input and learn by Rosenblatt's rule."""

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import Flatten, Perceptron
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (8,),
    outputs: int = 1,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a perceptron (Rosenblatt 1958, Psychological Review 65, 386).

    Each output is 1 or 0. Targets are too, and "mean_squared_error" with "sgd" is the rule of the
    perceptron. From n to m values it has (n + 1) m parameters.

    Args:
        input_shape: (features,); an image is flattened.
        outputs: threshold units.
        backend, seed: see `Model`.

    Raises:
        ValueError: a bad layer argument.
    """
    features = x = Input(input_shape, name="features")
    if len(x.shape) > 1:
        x = Flatten(name="flatten")(x)
    return Model(features, Perceptron(outputs, name="head")(x), backend=backend, seed=seed)
