"""lenet5: the convolutional network that read postal codes."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import AveragePooling2D, Conv2D, Dense, Flatten
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (32, 32, 1),
    outputs: int = 10,
    filters: Sequence[int] = (6, 16),
    dense_units: Sequence[int] = (120, 84),
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86, 2278, figure 2).

    61,706 parameters: layer C3 sees all maps of S2 (the paper's table I connects some), pooling has
    no weights, and a linear layer stands for the radial basis functions.

    Args:
        input_shape: (height, width, bands).
        outputs: length of the output: logits of classes, or values.
        filters: channels of the convolutions, each followed by average pooling.
        dense_units: widths of the hidden dense layers.
        backend, seed: see `Model`.

    Raises:
        ValueError: an image too small, or a bad layer argument.
    """
    image = x = Input(input_shape, name="image")
    for number, channels in enumerate(filters, start=1):
        x = Conv2D(channels, 5, activation="tanh", name=f"conv_{number}")(x)
        x = AveragePooling2D(name=f"pool_{number}")(x)
    x = Flatten(name="flatten")(x)
    for number, units in enumerate(dense_units, start=1):
        x = Dense(units, activation="tanh", name=f"dense_{number}")(x)
    return Model(image, Dense(outputs, name="head")(x), backend=backend, seed=seed)
