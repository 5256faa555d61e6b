"""resnet: blocks of convolutions that learn what to add to their input."""

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
)
from halflight.nn.model import Model

CONFIGURATIONS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks of each stage, by the columns of table 1; from 50 layers on they are bottlenecks."""


def build(
    layers: int,
    *,
    input_shape: Shape = (224, 224, 3),
    outputs: int = 1000,
    filters: int = 64,
    momentum: float = 0.9,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a residual network of He, Zhang, Ren & Sun 2016 (CVPR, arXiv:1512.03385), table 1.

    Trained parameters, counted from table 1: 18 layers 11,689,512, 34: 21,797,672, 50: 25,557,032,
    101: 44,549,160, 152: 60,192,808. Convolutions have no bias, each is followed by batch
    normalisation, shortcuts are projections where the shape changes (option B of section 3.3), and
    the first convolution of a stage halves the image. Padding is symmetric.

    Args:
        layers: 18, 34, 50, 101 or 152.
        input_shape: (height, width, bands).
        outputs: length of the output: logits of classes, or values.
        filters: channels of the first stage (of its narrow convolutions, in bottlenecks).
        momentum: of the batch normalisations.
        backend, seed: see `Model`.

    Raises:
        ValueError: a bad layer argument, or an input that is no image.
    """
    bottleneck = layers >= 50
    image = Input(input_shape, name="image")

    def convolve(x: Tensor, name: str, channels: int, size: int, strides: int = 1) -> Tensor:
        x = Conv2D(
            channels,
            size,
            strides=strides,
            padding=size // 2,
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        return BatchNormalization(momentum=momentum, epsilon=1e-5, name=f"{name}_norm")(x)

    def block(x: Tensor, name: str, channels: int, strides: int) -> Tensor:
        wide = 4 * channels if bottleneck else channels
        sizes = ((channels, 1), (channels, 3), (wide, 1)) if bottleneck else ((channels, 3),) * 2
        y = x
        for number, (width, size) in enumerate(sizes, start=1):
            y = convolve(y, f"{name}_{number}", width, size, strides if number == 1 else 1)
            if number < len(sizes):
                y = ReLU(name=f"{name}_{number}_relu")(y)
        if x.shape != y.shape:
            x = convolve(x, f"{name}_shortcut", wide, 1, strides)
        return ReLU(name=f"{name}_relu")(Add(name=f"{name}_add")([x, y]))

    x = ReLU(name="stage_1_relu")(convolve(image, "stage_1", filters, 7, 2))
    x = MaxPooling2D(3, strides=2, padding=1, name="stage_1_pool")(x)
    for stage, blocks in enumerate(CONFIGURATIONS[layers], start=2):
        for number in range(1, blocks + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            x = block(x, f"stage_{stage}_{number}", filters * 2 ** (stage - 2), strides)
    x = GlobalAveragePooling2D(name="pool")(x)
    return Model(image, Dense(outputs, name="head")(x), backend=backend, seed=seed)
