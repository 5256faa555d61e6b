"""Initial values of weights: the initializers of Keras 3, drawn from an explicit generator."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.configuration import construct
from halflight.nn.initializers.constant import Constant, Identity, Ones, Zeros
from halflight.nn.initializers.initializer import Initializer, fans
from halflight.nn.initializers.random import (
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from halflight.nn.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

__all__ = [
    "INITIALIZERS",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "fans",
    "get",
]

INITIALIZERS: Mapping[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "identity": Identity,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "orthogonal": Orthogonal,
}
_CLASSES = {cls.__name__: cls for cls in INITIALIZERS.values()}
_ALIASES = {"uniform": RandomUniform, "normal": RandomNormal, "zero": Zeros, "one": Ones}


def get(initializer: str | Initializer | Mapping[str, Any]) -> Initializer:
    """Return an initializer from one of Keras's names for it, its configuration, or itself.

    Raises:
        ValueError: no initializer has that name.
    """
    if isinstance(initializer, Initializer):
        return initializer
    if isinstance(initializer, str):
        named = {**INITIALIZERS, **_ALIASES, **_CLASSES}
        if initializer not in named:
            raise ValueError(
                f"unknown initializer {initializer!r}; known are {', '.join(INITIALIZERS)}"
            )
        return named[initializer]()
    built: Initializer = construct(initializer, _CLASSES, "initializer")
    return built
