"""augmented: a network that sees every stamp changed at random while it trains."""

from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import (
    GaussianNoise,
    RandomChannels,
    RandomOrientation,
    RandomTranslation,
)
from halflight.nn.model import Model


def build(
    network: Model,
    *,
    seed: int = 0,
    turn: bool = True,
    shift: int = 0,
    noise: float = 0.0,
    missing_share: float = 0.0,
    missing_rate: float = 0.5,
) -> Model:
    """Return a Model that shares all layers of `network`, behind what changes its inputs.

    Every sample is turned, and loses bands, in its own way, its inputs all alike, as an image and
    its PSF must be; the input "image" alone is moved and made noisier. In inference both networks
    are the same; to train this one is to train `network`, which can then be saved with the
    optimizer: see `Model.compile_as`.

    Args:
        network: of square images.
        seed: of all that is drawn.
        turn: into one of eight orientations.
        shift: most pixels that an image is moved by along each axis; zeros enter.
        noise: standard deviation of Gaussian noise that is added, in the unit of the input.
        missing_share, missing_rate: of samples that lose bands, and of bands that these lose.

    Raises:
        ValueError: an input is not a square image, or a layer refuses an argument.
    """
    inputs = [
        Input(shape, name=name)
        for name, shape in zip(network.input_names, network.input_shapes, strict=True)
    ]

    def changed(x: Tensor, name: str, side: int) -> Tensor:
        if turn:
            x = RandomOrientation(seed=seed, name=f"turned_{name}")(x)
        if shift and name == "image":
            share = shift / side
            x = RandomTranslation(share, share, seed=seed + 1, name=f"moved_{name}")(x)
        if noise and name == "image":
            x = GaussianNoise(noise, seed=seed + 2, name=f"noisy_{name}")(x)
        if missing_share:
            layer = RandomChannels(missing_share, missing_rate, seed=seed + 3, name=f"fewer_{name}")
            x = layer(x)
        return x

    seen = [
        changed(x, name, shape[0])
        for x, name, shape in zip(inputs, network.input_names, network.input_shapes, strict=True)
    ]
    return Model(inputs, network(seen), backend=network.backend, seed=network.seed)
