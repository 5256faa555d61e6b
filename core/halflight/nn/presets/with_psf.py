"""with_psf: a network that sees an image alone becomes one that sees the PSF too."""

from halflight.nn.architecture import describe, rebuild
from halflight.nn.arrays import Shape
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input
from halflight.nn.layers import Concatenate, Dense, Flatten
from halflight.nn.model import Model


def build(
    network: Model,
    *,
    psf_shape: Shape,
    psf_units: int = 32,
    outputs: int = 2,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a Model of inputs "image" and "psf" of one more layer, "head".

    The vector that `network` makes of the image and a dense layer's view of the PSF are put side by
    side and read by one linear layer, "head".

    Args:
        network: from one image to one vector; its layers are copied, without their weights.
        psf_shape: (height, width, bands) of "psf".
        psf_units: features of the PSF.
        outputs: length of the output.
        backend, seed: see `Model`.

    Raises:
        ValueError: `network` does not map one image to one vector, or has a layer "head".
    """
    _check(network)
    [image], [vector] = rebuild(describe(network.graph))
    image.name = "image"
    psf = Input(psf_shape, name="psf")
    p = Flatten(name="psf_flatten")(psf)
    p = Dense(psf_units, activation="relu", kernel_initializer="he_normal", name="psf_features")(p)
    x = Concatenate(name="features")([vector, p])
    head = Dense(outputs, kernel_initializer=RandomNormal(stddev=0.01), name="head")(x)
    return Model([image, psf], head, backend=backend, seed=seed)


def without_head(network: Model) -> Model:
    """Return `network` up to the vector that its last layer, "head", reads.

    Raises:
        ValueError: `network` does not map one image to one vector, or does not end in "head".
    """
    _check(network)
    last = network.outputs[0].call
    if last is None or last.layer.name != "head":
        raise ValueError(
            f"with_psf: the last layer must be 'head', received {network.output_names}"
        )
    return Model(network.inputs, last.inputs[0], backend=network.backend, seed=network.seed)


def _check(network: Model) -> None:
    shapes = [len(shape) for shape in network.output_shapes]
    if len(network.inputs) != 1 or shapes != [1]:
        raise ValueError(
            "with_psf: needs a network from one image to one vector (Flatten or a global pooling "
            f"makes one), received the inputs {network.input_shapes} and the outputs "
            f"{network.output_shapes}"
        )
