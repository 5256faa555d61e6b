"""band_net: from an image in several bands and its PSFs to a few numbers, small and quick."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
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
    image_shape: Shape = (44, 44, 5),
    psf_shape: Shape = (25, 25, 5),
    filters: Sequence[int] = (24, 32, 64, 96),
    core_pixels: int = 12,
    core_filters: int = 32,
    psf_filters: int = 16,
    psf_units: int = 32,
    dense_units: int = 96,
    dropout: float = 0.2,
    momentum: float = 0.95,
    outputs: int = 1,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a Model of inputs "image" and "psf" whose output is linear.

    What tells a point from a small galaxy is how light falls off in the few pixels about the
    centre, beside the PSF: the trunk, which pools what surrounds them, is joined by a convolution
    of the `core_pixels` in the middle whose places are all kept. Layer names begin with trunk_,
    core_, psf_ or dense_, and the last layer is "head".

    Args:
        image_shape: (height, width, bands) of "image".
        psf_shape: (height, width, bands) of "psf".
        filters: channels of the trunk's stages, one convolution each; the first has stride 2, a
            pooling stands before each other.
        core_pixels: side of the middle that is seen at full resolution, even as the image's is.
        core_filters: channels of its convolution.
        psf_filters: channels of the PSF branch's convolution, of stride 2.
        psf_units: features of the PSF.
        dense_units: width of the common dense layer.
        dropout: share of its values dropped in training.
        momentum: of the batch normalisations.
        outputs: length of the output.
        backend, seed: see `Model`.

    Raises:
        ValueError: no stage, an image too small, a middle that is none of it, or a bad argument.
    """
    side = image_shape[0]
    edge, odd = divmod(side - core_pixels, 2)
    if not filters or odd or edge < 0 or core_pixels < 1:
        raise ValueError(
            f"band_net: needs one or more filters and core_pixels of 1 to {side} that differ from "
            f"it by an even number, received {list(filters)} and {core_pixels}"
        )
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

    x = convolve(image, filters[0], "trunk_1", size=5, strides=2)
    for stage, channels in enumerate(filters[1:], start=2):
        x = MaxPooling2D(name=f"trunk_{stage}_pool")(x)
        x = convolve(x, channels, f"trunk_{stage}")
    amounts = GlobalAveragePooling2D(name="trunk_amounts")(x)

    middle = Cropping2D(edge, name="core_middle")(image)
    c = convolve(middle, core_filters, "core_1")
    c = convolve(c, core_filters, "core_2", strides=2)
    places = Flatten(name="core_places")(c)

    p = Conv2D(
        psf_filters,
        3,
        strides=2,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name="psf_conv",
    )(psf)
    p = Dense(psf_units, activation="relu", kernel_initializer="he_normal", name="psf_features")(
        Flatten(name="psf_flatten")(p)
    )

    x = Concatenate(name="dense_inputs")([amounts, places, p])
    x = Dense(
        dense_units, activation="relu", kernel_initializer="he_normal", name="dense_features"
    )(x)
    x = Dropout(dropout, name="dense_dropout")(x)
    head = Dense(outputs, kernel_initializer=RandomNormal(stddev=0.01), name="head")(x)
    return Model([image, psf], head, backend=backend, seed=seed)
