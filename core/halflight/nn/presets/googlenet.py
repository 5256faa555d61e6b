"""googlenet: Inception modules, which look at every scale side by side."""

from halflight.nn.arrays import Shape
from halflight.nn.checks import POSITIVE, require
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LocalResponseNormalization,
    MaxPooling2D,
)
from halflight.nn.model import Model

_MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Channels by the rows of table 1: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, after pooling."""
_AUXILIARY_AFTER = ("4a", "4d")


def build(
    *,
    input_shape: Shape = (224, 224, 3),
    outputs: int = 1000,
    width: float = 1.0,
    dropout: float = 0.4,
    auxiliary: bool = False,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return GoogLeNet (Szegedy et al. 2015, CVPR, arXiv:1409.4842, table 1 and figure 3).

    6,998,552 parameters, 13,378,280 with the auxiliary classifiers, counted from table 1 and
    section 5 with biases and without batch normalisation (the table itself rounds by row).

    Args:
        input_shape: (height, width, bands); five steps halve it, rounding up.
        outputs: length of each output: logits of classes, or values.
        width: factor of all channels but the outputs'.
        dropout: share of the features dropped in training.
        auxiliary: add the two classifiers of section 5 as further outputs; the paper gives their
            losses the weight 0.3.
        backend, seed: see `Model`.

    Raises:
        ValueError: `width` is not positive, an image too small for the auxiliary classifiers, or a
            bad layer argument.
    """
    require("googlenet", "width", width, POSITIVE)

    def scaled(channels: int) -> int:
        return max(1, round(width * channels))

    def convolve(x: Tensor, name: str, channels: int, size: int, strides: int = 1) -> Tensor:
        return Conv2D(
            scaled(channels),
            size,
            strides=strides,
            padding="same",
            activation="relu",
            name=name,
        )(x)

    def inception(x: Tensor, name: str) -> Tensor:
        one, reduce3, three, reduce5, five, pooled = _MODULES[name]
        pool = MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
        branches = [
            convolve(x, f"{name}_1x1", one, 1),
            convolve(convolve(x, f"{name}_3x3_reduce", reduce3, 1), f"{name}_3x3", three, 3),
            convolve(convolve(x, f"{name}_5x5_reduce", reduce5, 1), f"{name}_5x5", five, 5),
            convolve(pool, f"{name}_pool_conv", pooled, 1),
        ]
        return Concatenate(name=f"{name}_join")(branches)

    def classify(x: Tensor, name: str) -> Tensor:
        x = AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
        x = Flatten(name=f"{name}_flatten")(convolve(x, f"{name}_conv", 128, 1))
        x = Dense(scaled(1024), activation="relu", name=f"{name}_dense")(x)
        return Dense(outputs, name=f"{name}_head")(Dropout(0.7, name=f"{name}_dropout")(x))

    def normalize(x: Tensor, name: str) -> Tensor:
        # The authors' constants, alpha = 1e-4 for the mean of the five squares, not for their sum.
        return LocalResponseNormalization(
            depth_radius=2, bias=1.0, alpha=2e-5, beta=0.75, name=name
        )(x)

    def halve(x: Tensor, name: str) -> Tensor:
        return MaxPooling2D(3, strides=2, padding="same", name=name)(x)

    image = Input(input_shape, name="image")
    x = normalize(halve(convolve(image, "1_conv", 64, 7, 2), "1_pool"), "1_norm")
    x = convolve(convolve(x, "2_reduce", 64, 1), "2_conv", 192, 3)
    x = halve(normalize(x, "2_norm"), "2_pool")
    extra: list[Tensor] = []
    for name in _MODULES:
        x = inception(x, name)
        if auxiliary and name in _AUXILIARY_AFTER:
            extra.append(classify(x, f"auxiliary_{len(extra) + 1}"))
        if name in ("3b", "4e"):
            x = halve(x, f"{name}_halve")
    x = Dropout(dropout, name="dropout")(GlobalAveragePooling2D(name="pool")(x))
    head = Dense(outputs, name="head")(x)
    return Model(image, [head, *extra] if extra else head, backend=backend, seed=seed)
