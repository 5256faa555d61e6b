"""convolutional_autoencoder: an image through a short code and back."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Reshape
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (32, 32, 1),
    filters: Sequence[int] = (16, 32),
    code_units: int = 16,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a convolutional autoencoder (Hinton & Salakhutdinov 2006; Masci et al. 2011).

    Strided convolutions halve the image, and transposed ones double it again; the output has the
    shape of the input and is linear. Train it on its own input. `encoder` and `decoder` give its
    halves. No published network has these sizes; n convolutions of c_i channels have
    sum of (9 c_{i-1} + 1) c_i parameters on the way in.

    Args:
        input_shape: (height, width, bands), divisible by 2 for each convolution.
        filters: channels of the encoder's convolutions; the decoder has them in reverse.
        code_units: length of the code.
        backend, seed: see `Model`.

    Raises:
        ValueError: an image that cannot be halved so often, or a bad layer argument.
    """
    image = Input(input_shape, name="image")
    x, small = encode("convolutional_autoencoder", image, filters)
    code = Dense(code_units, name="code")(x)
    return Model(image, decode(code, small, filters, image.shape[-1]), backend=backend, seed=seed)


def encoder(model: Model) -> Model:
    """Return the part from the image to the code, sharing the weights of `model`."""
    return Model(
        model.inputs, model.get_layer("code").output, backend=model.backend, seed=model.seed
    )


def decoder(model: Model) -> Model:
    """Return the part from the code to the image, sharing the weights of `model`."""
    code, image = model.get_layer("code").output, model.get_layer("head").output
    return Model(code, image, backend=model.backend, seed=model.seed)


def encode(preset: str, image: Tensor, filters: Sequence[int]) -> tuple[Tensor, Shape]:
    """Halve `image` by a strided convolution for each of `filters`.

    Returns:
        The last map as a vector, and its shape.

    Raises:
        ValueError: the message names `preset`; the image is none, or cannot be halved so often.
    """
    factor = 2 ** len(filters)
    if not filters or len(image.shape) != 3 or any(size % factor for size in image.shape[:2]):
        raise ValueError(
            f"{preset}: {len(filters)} filters need an image (height, width, bands) whose sides "
            f"are multiples of {factor}, received {image.shape}"
        )
    x = image
    for number, channels in enumerate(filters, start=1):
        x = Conv2D(
            channels,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"encoder_conv_{number}",
        )(x)
    return Flatten(name="encoder_flatten")(x), x.shape


def decode(code: Tensor, small: Shape, filters: Sequence[int], bands: int) -> Tensor:
    """Enlarge `code`, first to a map of shape `small`, to an image of linear values, "head"."""
    units = small[0] * small[1] * small[2]
    x = Dense(units, activation="relu", kernel_initializer="he_normal", name="decoder_dense")(code)
    x = Reshape(small, name="decoder_reshape")(x)
    for number, channels in reversed(list(enumerate(filters[:-1], start=1))):
        x = _double(x, channels, f"decoder_conv_{number + 1}", "relu")
    return _double(x, bands, "head", None)


def _double(x: Tensor, channels: int, name: str, activation: str | None) -> Tensor:
    return Conv2DTranspose(
        channels,
        3,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer="he_normal" if activation else "glorot_uniform",
        name=name,
    )(x)
