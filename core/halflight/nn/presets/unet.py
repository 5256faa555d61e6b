"""unet: an image to a map of its size, down to a coarse view and up again with the details."""

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dropout,
    MaxPooling2D,
)
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (256, 256, 1),
    outputs: int = 1,
    filters: int = 64,
    depth: int = 4,
    padding: str = "same",
    dropout: float = 0.5,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return U-Net (Ronneberger, Fischer & Brox 2015, MICCAI, arXiv:1505.04597, figure 1).

    31,030,593 parameters for one channel in and one map out, counted from figure 1; the paper's two
    maps have 65 more. (31,031,685 is often quoted: a well-known program puts a 3 x 3 convolution of
    two channels before the last one, which the figure does not.) Weights have the deviation
    sqrt(2 / N) of section 3, and the two deepest levels of the way down end in dropout, whose rate
    the paper leaves open.

    Args:
        input_shape: (height, width, bands).
        outputs: maps in the output: logits of classes, or values, for every pixel.
        filters: channels of the first level; each further one has twice as many.
        depth: how often the image is halved.
        padding: "same" keeps the image's size, which must be a multiple of 2^depth; "valid" is the
            paper's, with which an input of 572 pixels has an output of 388.
        dropout: share of values dropped in training.
        backend, seed: see `Model`.

    Raises:
        ValueError: a size that cannot be halved so often, or a bad layer argument.
    """
    if padding == "same" and any(size % 2**depth for size in input_shape[:2]):
        raise ValueError(
            f"unet: the image's sides must be multiples of {2**depth} (2^depth), "
            f"received {tuple(input_shape)}"
        )

    def twice(x: Tensor, channels: int, name: str) -> Tensor:
        for letter in "ab":
            x = Conv2D(
                channels,
                3,
                padding=padding,
                activation="relu",
                kernel_initializer="he_normal",
                name=f"{name}{letter}",
            )(x)
        return x

    image = x = Input(input_shape, name="image")
    details: list[Tensor] = []
    for level in range(depth):
        x = twice(x, filters * 2**level, f"down_{level + 1}")
        if level == depth - 1:
            x = Dropout(dropout, name=f"down_{level + 1}_dropout")(x)
        details.append(x)
        x = MaxPooling2D(name=f"down_{level + 1}_pool")(x)
    x = twice(x, filters * 2**depth, "bottom_")
    x = Dropout(dropout, name="bottom_dropout")(x)
    for level in reversed(range(depth)):
        channels = filters * 2**level
        x = Conv2DTranspose(
            channels, 2, strides=2, kernel_initializer="he_normal", name=f"up_{level + 1}"
        )(x)
        detail = _cropped(details[level], x.shape, f"up_{level + 1}_crop")
        x = Concatenate(name=f"up_{level + 1}_join")([detail, x])
        x = twice(x, channels, f"up_{level + 1}")
    return Model(image, Conv2D(outputs, 1, name="head")(x), backend=backend, seed=seed)


def _cropped(detail: Tensor, shape: Shape, name: str) -> Tensor:
    """Return the centre of `detail`, as large as `shape`."""
    rows, columns = (large - small for large, small in zip(detail.shape, shape[:2], strict=False))
    if rows == columns == 0:
        return detail
    edges = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return Cropping2D(edges, name=name)(detail)
