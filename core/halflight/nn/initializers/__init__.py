"""Initial values of weights: the initializers of Keras 3, drawn from an explicit generator."""

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
from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry

INITIALIZERS = Registry[Initializer]("initializer", Initializer, snake_case)
INITIALIZERS.collect(
    globals(), uniform="RandomUniform", normal="RandomNormal", zero="Zeros", one="Ones"
)
"""Every initializer, by Keras's string, that a saved model may name."""
get = INITIALIZERS.make
