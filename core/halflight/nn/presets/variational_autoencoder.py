"""variational_autoencoder: an image through a distribution of codes and back."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input
from halflight.nn.layers import Concatenate, Dense, Sampling
from halflight.nn.model import Model
from halflight.nn.presets.convolutional_autoencoder import decode, encode


def build(
    *,
    input_shape: Shape = (32, 32, 1),
    filters: Sequence[int] = (16, 32),
    code_units: int = 8,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a variational autoencoder (Kingma & Welling 2014, ICLR, arXiv:1312.6114, section 3).

    Its outputs are the reconstruction, "head", and the code's T means, then T log-variances,
    "statistics". Train it on its own input with the losses ["mean_squared_error",
    "standard_normal_kl"]; with n values in an image, of noise variance v, the loss weights
    [n / (2 v), 1] make their sum the bound of equation 10, but for a constant. `encoder` and
    `decoder` give its halves. The convolutions are those of convolutional_autoencoder (the paper's
    own networks are dense), so no published count applies.

    Args:
        input_shape: (height, width, bands), divisible by 2 for each convolution.
        filters: channels of the encoder's convolutions; the decoder has them in reverse.
        code_units: T, the length of the code.
        backend, seed: see `Model`.

    Raises:
        ValueError: an image that cannot be halved so often, or a bad layer argument.
    """
    image = Input(input_shape, name="image")
    x, small = encode("variational_autoencoder", image, filters)
    means = Dense(code_units, name="code_means")(x)
    # Small weights: every code begins as a standard normal one, whose divergence is zero.
    log_variances = Dense(
        code_units, kernel_initializer=RandomNormal(stddev=0.01), name="code_log_variances"
    )(x)
    code = Sampling(name="code")([means, log_variances])
    statistics = Concatenate(name="statistics")([means, log_variances])
    reconstruction = decode(code, small, filters, image.shape[-1])
    return Model(image, [reconstruction, statistics], backend=backend, seed=seed)


def encoder(model: Model) -> Model:
    """Return the part from the image to the code's statistics, sharing the weights of `model`."""
    return Model(
        model.inputs, model.get_layer("statistics").output, backend=model.backend, seed=model.seed
    )


def decoder(model: Model) -> Model:
    """Return the part from a code to the image, sharing the weights of `model`."""
    code, image = model.get_layer("code").output, model.get_layer("head").output
    return Model(code, image, backend=model.backend, seed=model.seed)
