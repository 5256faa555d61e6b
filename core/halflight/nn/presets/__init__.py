"""Ready-made architectures by name, one a file.

All take keyword arguments alone, among them `backend`, `seed` and the shape of their input without
the batch axis, `input_shape`. Their last layer is "head". It is linear, for classes too (but for
the perceptron's threshold): losses take logits (`from_logits=True`), and a `Softmax` on top makes
probabilities. Counts of parameters in the docstrings are those of the default arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.model import Model
from halflight.nn.presets import (
    alexnet,
    augmented,
    convolutional_autoencoder,
    deep_legato,
    googlenet,
    layer_list,
    lenet5,
    light_curve_cnn,
    light_curve_lstm,
    mlp,
    perceptron,
    radius_net,
    resnet,
    star_galaxy_net,
    unet,
    variational_autoencoder,
    vgg,
    with_psf,
)

PRESETS: Mapping[str, Callable[..., Model]] = {
    "alexnet": alexnet.build,
    "convolutional_autoencoder": convolutional_autoencoder.build,
    "deep_legato": deep_legato.build,
    "googlenet": googlenet.build,
    "lenet5": lenet5.build,
    "light_curve_cnn": light_curve_cnn.build,
    "light_curve_lstm": light_curve_lstm.build,
    "mlp": mlp.build,
    "perceptron": perceptron.build,
    "radius_net": radius_net.build,
    "resnet_18": partial(resnet.build, 18),
    "resnet_34": partial(resnet.build, 34),
    "resnet_50": partial(resnet.build, 50),
    "resnet_101": partial(resnet.build, 101),
    "resnet_152": partial(resnet.build, 152),
    "star_galaxy_net": star_galaxy_net.build,
    "unet": unet.build,
    "variational_autoencoder": variational_autoencoder.build,
    "vgg_a": partial(vgg.build, "a"),
    "vgg_a_lrn": partial(vgg.build, "a_lrn"),
    "vgg_b": partial(vgg.build, "b"),
    "vgg_c": partial(vgg.build, "c"),
    "vgg_d": partial(vgg.build, "d"),
    "vgg_e": partial(vgg.build, "e"),
}


def options(name: str) -> tuple[str, ...]:
    """Return the names of the keyword arguments of the preset `name`.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    return tuple(signature(PRESETS[name]).parameters)


def build(name: str, **arguments: Any) -> Model:
    """Return the preset `name`, built with its own keyword arguments.

    Raises:
        ValueError: there is no such preset, it has no such option, or it refuses a value.
    """
    known = options(name)
    unknown = [argument for argument in arguments if argument not in known]
    if unknown:
        raise ValueError(
            f"preset {name}: unknown option(s) {', '.join(unknown)}; known are {', '.join(known)}"
        )
    for argument, value in arguments.items():
        kind = signature(PRESETS[name]).parameters[argument].annotation
        if not _is(kind, value):
            raise ValueError(
                f"preset {name}: {argument} must be {_KINDS[kind]}, received {value!r:.200}"
            )
    return PRESETS[name](**arguments)


_KINDS = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    str: "text",
    Sequence[int]: "a list of integers",
    Shape: "a list of integers",
}


def _is(kind: Any, value: Any) -> bool:
    if kind is float:
        return type(value) in (int, float)
    if kind in (int, bool, str):
        return type(value) is kind
    return isinstance(value, list | tuple) and all(type(item) is int for item in value)
