"""deep_legato: a radius, or other profile parameters, from an image alone, after DeepLeGATo."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.checks import COUNT, require
from halflight.nn.initializers import RandomNormal
from halflight.nn.layer import Input
from halflight.nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (128, 128, 1),
    targets: int = 1,
    filters: Sequence[int] = (16, 32, 64, 128),
    dense_units: Sequence[int] = (128, 64),
    dropout: float = 0.25,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return a network in the manner of Tuccillo et al. 2018 (MNRAS 475, 894).

    As in the paper: the parameters of a Sersic profile are regressed from a stamp in one band by a
    plain stack of convolutions with rectifiers, max pooling, and dense layers with dropout, on
    simulations first and on few real galaxies then; the PSF is not given.
    Not as in the paper: the numbers and widths of the layers are chosen here (no parameter count
    is to be compared), and each target has a log-variance beside its mean, for a Gaussian
    likelihood, where the paper predicts a value alone.

    Args:
        input_shape: (height, width, bands).
        targets: T; the output is T means, then T log-variances.
        filters: channels of the blocks of two convolutions, each followed by pooling.
        dense_units: widths of the hidden dense layers.
        dropout: share of their values dropped in training.
        backend, seed: see `Model`.

    Raises:
        ValueError: `targets` is not a positive integer, an image too small, or a bad layer
            argument.
    """
    require("deep_legato", "targets", targets, COUNT)
    image = x = Input(input_shape, name="image")
    for block, channels in enumerate(filters, start=1):
        for letter in "ab":
            x = Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv_{block}{letter}",
            )(x)
        x = MaxPooling2D(name=f"pool_{block}")(x)
    x = Flatten(name="flatten")(x)
    for number, units in enumerate(dense_units, start=1):
        x = Dense(units, activation="relu", kernel_initializer="he_normal", name=f"dense_{number}")(
            x
        )
        x = Dropout(dropout, name=f"dropout_{number}")(x)
    head = Dense(2 * targets, kernel_initializer=RandomNormal(stddev=0.01), name="head")(x)
    return Model(image, head, backend=backend, seed=seed)
