"""alexnet: the network that won ImageNet in 2012, with its two halves as groups."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LocalResponseNormalization,
    MaxPooling2D,
)
from halflight.nn.model import Model

# Kernel size and stride of each convolution, and what follows it.
_CONVOLUTIONS = (
    (11, 4, "norm, pool"),
    (5, 1, "norm, pool"),
    (3, 1, ""),
    (3, 1, ""),
    (3, 1, "pool"),
)
_TWO_GROUPS = (2, 4, 5)
"""The convolutions that, on the paper's two cards, saw the maps of their own card alone."""
_POSITIVE_BIAS = (2, 4, 5)
"""The convolutions whose bias begins at 1 (section 5)."""


def build(
    *,
    input_shape: Shape = (227, 227, 3),
    outputs: int = 1000,
    filters: Sequence[int] = (96, 256, 384, 384, 256),
    groups: int = 2,
    dense_units: int = 4096,
    dropout: float = 0.5,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return AlexNet (Krizhevsky, Sutskever & Hinton 2012, NIPS 25, section 3.5 and figure 2).

    60,965,224 parameters, as counted from figure 2 (the paper rounds to 60 million); the input has
    227 pixels, with which the paper's 55 x 55 maps follow without padding (its text says 224).
    Response normalisation as in section 3.3, weights and biases drawn as in section 5.

    Args:
        input_shape: (height, width, bands).
        outputs: length of the output: logits of classes, or values.
        filters: channels of the five convolutions.
        groups: of convolutions 2, 4 and 5; 1 connects everything.
        dense_units: width of the two hidden dense layers.
        dropout: share of their values dropped in training.
        backend, seed: see `Model`.

    Raises:
        ValueError: not five convolutions, an image too small, or a bad layer argument.
    """
    if len(filters) != len(_CONVOLUTIONS):
        raise ValueError(f"alexnet: filters must be five numbers, received {list(filters)}")
    normal = RandomNormal(stddev=0.01)
    image = x = Input(input_shape, name="image")
    for number, (size, strides, then) in enumerate(_CONVOLUTIONS, start=1):
        x = Conv2D(
            filters[number - 1],
            size,
            strides=strides,
            padding="valid" if number == 1 else "same",
            groups=groups if number in _TWO_GROUPS else 1,
            activation="relu",
            kernel_initializer=normal,
            bias_initializer="ones" if number in _POSITIVE_BIAS else "zeros",
            name=f"conv_{number}",
        )(x)
        if "norm" in then:
            x = LocalResponseNormalization(
                depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75, name=f"norm_{number}"
            )(x)
        if "pool" in then:
            x = MaxPooling2D(3, strides=2, name=f"pool_{number}")(x)
    x = Flatten(name="flatten")(x)
    for number in (1, 2):
        x = _hidden(x, dense_units, dropout, number)
    head = Dense(outputs, kernel_initializer=normal, name="head")(x)
    return Model(image, head, backend=backend, seed=seed)


def _hidden(x: Tensor, units: int, dropout: float, number: int) -> Tensor:
    x = Dense(
        units,
        activation="relu",
        kernel_initializer=RandomNormal(stddev=0.01),
        bias_initializer="ones",
        name=f"dense_{number}",
    )(x)
    return Dropout(dropout, name=f"dropout_{number}")(x)
