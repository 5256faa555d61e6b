"""vgg: deep stacks of 3 x 3 convolutions, the six configurations of one table."""

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LocalResponseNormalization,
    MaxPooling2D,
)
from halflight.nn.model import Model

CONFIGURATIONS = {
    "a": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "b": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "c": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "d": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "e": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Kernel sizes of the convolutions of each block, by the columns of table 1."""
CONFIGURATIONS["a_lrn"] = CONFIGURATIONS["a"]


def build(
    configuration: str,
    *,
    input_shape: Shape = (224, 224, 3),
    outputs: int = 1000,
    filters: int = 64,
    dense_units: int = 4096,
    dropout: float = 0.5,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a network of Simonyan & Zisserman 2015 (ICLR, arXiv:1409.1556), table 1.

    Parameters, counted from table 1 (its table 2 rounds them to millions): A and A-LRN 132,863,336,
    B 133,047,848, C 133,638,952, D ("VGG-16") 138,357,544, E ("VGG-19") 143,667,240. Weights are
    drawn after Glorot & Bengio 2010, which the authors found to need no pre-training (section 3.1).

    Args:
        configuration: "a", "a_lrn", "b", "c", "d" or "e".
        input_shape: (height, width, bands); five poolings halve it.
        outputs: length of the output: logits of classes, or values.
        filters: channels of the first block; each block has twice as many, up to 8 times.
        dense_units: width of the two hidden dense layers.
        dropout: share of their values dropped in training.
        backend, seed: see `Model`.

    Raises:
        ValueError: an image too small, or a bad layer argument.
    """
    image = x = Input(input_shape, name="image")
    for block, sizes in enumerate(CONFIGURATIONS[configuration], start=1):
        channels = filters * min(2 ** (block - 1), 8)
        for number, size in enumerate(sizes, start=1):
            x = Conv2D(
                channels, size, padding="same", activation="relu", name=f"conv_{block}_{number}"
            )(x)
        if block == 1 and configuration == "a_lrn":
            x = LocalResponseNormalization(
                depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75, name="norm_1"
            )(x)
        x = MaxPooling2D(name=f"pool_{block}")(x)
    x = Flatten(name="flatten")(x)
    for number in (1, 2):
        x = Dense(dense_units, activation="relu", name=f"dense_{number}")(x)
        x = Dropout(dropout, name=f"dropout_{number}")(x)
    return Model(image, Dense(outputs, name="head")(x), backend=backend, seed=seed)
