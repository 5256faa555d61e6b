"""augmented: a network whose images are turned and mirrored at random while it trains."""

from halflight.nn.layer import Input
from halflight.nn.layers import RandomOrientation
from halflight.nn.model import Model


def build(network: Model, *, seed: int = 0) -> Model:
    """Return a Model that shares all layers of `network`, behind a RandomOrientation of each input.

    Every sample is turned in its own way, its inputs all alike, as an image and its PSF must be.
    In inference both networks are the same; to train this one is to train `network`, which can
    then be saved with the optimizer: see `Model.compile_as`.

    Args:
        network: of square images.
        seed: of the orientations.

    Raises:
        ValueError: an input is not a square image.
    """
    inputs = [
        Input(shape, name=name)
        for name, shape in zip(network.input_names, network.input_shapes, strict=True)
    ]
    turned = [RandomOrientation(seed=seed, name=f"turned_{x.name}")(x) for x in inputs]
    return Model(inputs, network(turned), backend=network.backend, seed=network.seed)
