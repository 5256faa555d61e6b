"""star_galaxy_net: stars or galaxies, from calibrated images in five bands."""

import math
from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.initializers import Constant, Orthogonal
from halflight.nn.layer import Input
from halflight.nn.layers import Conv2D, Dense, Dropout, Flatten, LeakyReLU, MaxPooling2D
from halflight.nn.model import Model

_SLOPE = 0.01
_BLOCKS = (2, 3, 3)
"""Convolutions before each pooling; the very first is 5 x 5 without padding."""


def build(
    *,
    input_shape: Shape = (44, 44, 5),
    outputs: int = 2,
    filters: Sequence[int] = (32, 64, 128),
    dense_units: int = 2048,
    dropout: float = 0.5,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return the network of Kim & Brunner 2017 (MNRAS 464, 4463, table 1).

    11,230,754 parameters, counted from table 1. Leaky rectifiers of slope 0.01, weights orthogonal
    with the gain that keeps their variance, sqrt(2 / (1 + 0.01^2)), and biases that begin at 0.1 in
    convolutions and at 0.01 in dense layers.

    Args:
        input_shape: (height, width, bands).
        outputs: length of the output: logits of classes, or values.
        filters: channels of the three blocks of convolutions, each followed by pooling.
        dense_units: width of the two hidden dense layers.
        dropout: share of their values dropped in training.
        backend, seed: see `Model`.

    Raises:
        ValueError: not three blocks, an image too small, or a bad layer argument.
    """
    if len(filters) != len(_BLOCKS):
        raise ValueError(f"star_galaxy_net: filters must be three numbers, received {filters!r}")
    orthogonal = Orthogonal(gain=math.sqrt(2.0 / (1.0 + _SLOPE**2)))
    image = x = Input(input_shape, name="image")
    for block, (channels, convolutions) in enumerate(zip(filters, _BLOCKS, strict=True), start=1):
        for number in range(1, convolutions + 1):
            first = block == number == 1
            x = Conv2D(
                channels,
                5 if first else 3,
                padding="valid" if first else "same",
                kernel_initializer=orthogonal,
                bias_initializer=Constant(0.1),
                name=f"conv_{block}_{number}",
            )(x)
            x = LeakyReLU(_SLOPE, name=f"relu_{block}_{number}")(x)
        x = MaxPooling2D(name=f"pool_{block}")(x)
    x = Flatten(name="flatten")(x)
    for number in (1, 2):
        x = Dense(
            dense_units,
            kernel_initializer=orthogonal,
            bias_initializer=Constant(0.01),
            name=f"dense_{number}",
        )(x)
        x = LeakyReLU(_SLOPE, name=f"dense_{number}_relu")(x)
        x = Dropout(dropout, name=f"dropout_{number}")(x)
    head = Dense(
        outputs, kernel_initializer=orthogonal, bias_initializer=Constant(0.01), name="head"
    )(x)
    return Model(image, head, backend=backend, seed=seed)
