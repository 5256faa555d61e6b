"""Ready-made architectures by name, one a file.

All take keyword arguments alone, among them `backend`, `seed` and the shape of their input without
the batch axis, `input_shape`. Their last layer is "head". It is linear, for classes too (but for
the perceptron's threshold): losses take logits (`from_logits=True`), and a `Softmax` on top makes
probabilities. Counts of parameters in the docstrings are those of the default arguments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from inspect import signature
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.checks import as_python, is_integer, is_number
from halflight.nn.model import Model
from halflight.nn.presets import (
    alexnet,
    augmented,
    band_net,
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
    "band_net": band_net.build,
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


# Arguments that say what a network is for and where it computes, not how it is built.
SURROUNDINGS = ("image_shape", "input_shape", "psf_shape", "outputs", "targets", "backend", "seed")


def options(name: str) -> tuple[str, ...]:
    """Return the names of the keyword arguments of the preset `name`.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(
            f"unknown preset {name!r}; known are {', '.join(PRESETS)}{_nearest([name], PRESETS)}"
        )
    return tuple(signature(PRESETS[name]).parameters)


def check(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return keyword arguments of the preset `name` as plain values.

    Raises:
        ValueError: there is no such preset, it has no such option, or one is of another kind.
    """
    known = options(name)
    unknown = [argument for argument in arguments if argument not in known]
    if unknown:
        raise ValueError(
            f"preset {name}: unknown option(s) {', '.join(unknown)}; "
            f"known are {', '.join(known)}{_nearest(unknown, known)}"
        )
    plain = {argument: as_python(value) for argument, value in arguments.items()}
    for argument, value in plain.items():
        kind = signature(PRESETS[name]).parameters[argument].annotation
        if not _is(kind, value):
            raise ValueError(
                f"preset {name}: {argument} must be {_KINDS[kind]}, received {value!r:.200}"
            )
    return plain


def build(name: str, **arguments: Any) -> Model:
    """Return the preset `name`, built with its own keyword arguments.

    Raises:
        ValueError: there is no such preset, it has no such option, or it refuses a value.
    """
    known = check(name, arguments)
    return PRESETS[name](**known)


_KINDS = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    str: "text",
    Sequence[int]: "a list of integers",
    Sequence[int] | int: "an integer or a list of integers",
    Shape: "a list of integers",
}


def _nearest(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return a hint at the known names that unknown ones may be slips of."""
    names = list(known)
    meant = [match for name in unknown for match in get_close_matches(name, names, 1)]
    return f"; did you mean {', '.join(meant)}?" if meant else ""


def _is(kind: Any, value: Any) -> bool:
    if kind is float:
        return is_number(value)
    if kind in (int, bool, str):
        return type(value) is kind
    if kind == Sequence[int] | int and type(value) is int:
        return True
    return isinstance(value, list | tuple) and all(map(is_integer, value))
