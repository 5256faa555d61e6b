"""radius_net: from an image and its PSF to a mean and a log-variance for every target."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.checks import COUNT, require
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
)
from halflight.nn.model import Model


def build(
    *,
    image_shape: Shape = (96, 96, 1),
    psf_shape: Shape = (51, 51, 1),
    filters: Sequence[int] | int = (16, 32, 64, 128),
    depth: int = 4,
    map_filters: int = 8,
    psf_filters: Sequence[int] = (8, 16),
    psf_units: int = 32,
    dense_units: int = 128,
    dropout: float = 0.1,
    momentum: float = 0.95,
    targets: int = 1,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a Model of inputs "image" and "psf" whose output is T means, then T log-variances.

    The trunk halves the image once by stride and before each further stage by pooling. Two readings
    of its last map are kept: the mean of every channel (how much of each feature there is) and a
    map of few channels (where it is: the profile's wings are far from the centre). Layer names
    begin with trunk_, psf_ or dense_, and the last layer is "head", so that `freeze("trunk_*")`
    says what it does.

    Args:
        image_shape: (height, width, bands) of "image".
        psf_shape: (height, width, bands) of "psf".
        filters: channels of the trunk's stages; stages have two convolutions, the last has one. A
            number: of the first of `depth` stages, each with twice the channels of that before.
        depth: see `filters`; of no effect on a list.
        map_filters: channels of the map that keeps positions.
        psf_filters: channels of the PSF branch's convolutions, each of stride 2.
        psf_units: features of the PSF.
        dense_units: width of the common dense layer.
        dropout: share of its values dropped in training.
        momentum: of the batch normalisations.
        targets: T.
        backend, seed: see `Model`.

    Raises:
        ValueError: fewer than two stages, an image too small for them, or a bad layer argument.
    """
    require("radius_net", "depth", depth, COUNT)
    if isinstance(filters, int):
        filters = [filters * 2**stage for stage in range(depth)]
    if len(filters) < 2 or not psf_filters:
        raise ValueError(
            "radius_net: needs two or more filters and one or more psf_filters, "
            f"received {list(filters)} and {list(psf_filters)}"
        )
    require("radius_net", "targets", targets, COUNT)
    image = Input(image_shape, name="image")
    psf = Input(psf_shape, name="psf")

    def convolve(x: Tensor, channels: int, name: str, size: int = 3, strides: int = 1) -> Tensor:
        x = Conv2D(
            channels,
            size,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        x = BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
        return ReLU(name=f"{name}_relu")(x)

    x = convolve(image, filters[0], "trunk_1a", size=5, strides=2)
    x = convolve(x, filters[0], "trunk_1b")
    for stage, channels in enumerate(filters[1:], start=2):
        x = MaxPooling2D(name=f"trunk_{stage}_pool")(x)
        x = convolve(x, channels, f"trunk_{stage}a")
        if stage < len(filters):
            x = convolve(x, channels, f"trunk_{stage}b")
    amounts = GlobalAveragePooling2D(name="trunk_amounts")(x)
    places = Flatten(name="trunk_places")(convolve(x, map_filters, "trunk_map", size=1))

    p = psf
    for number, channels in enumerate(psf_filters, start=1):
        p = Conv2D(
            channels,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"psf_conv_{number}",
        )(p)
    p = Dense(psf_units, activation="relu", kernel_initializer="he_normal", name="psf_features")(
        Flatten(name="psf_flatten")(p)
    )

    x = Concatenate(name="dense_inputs")([amounts, places, p])
    x = Dense(
        dense_units, activation="relu", kernel_initializer="he_normal", name="dense_features"
    )(x)
    x = Dropout(dropout, name="dense_dropout")(x)
    head = Dense(2 * targets, kernel_initializer=RandomNormal(stddev=0.01), name="head")(x)
    return Model([image, psf], head, backend=backend, seed=seed)
