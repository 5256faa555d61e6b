"""light_curve_cnn: a class or values from a light curve on a regular grid, by convolution."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import Conv1D, Dense, Flatten, MaxPooling1D
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (2001, 1),
    outputs: int = 1,
    filters: Sequence[int] = (16, 32, 64, 128, 256),
    dense_units: Sequence[int] = (512, 512, 512, 512),
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return the global view's column of AstroNet (Shallue & Vanderburg 2018, AJ 155, 94, fig. 7).

    Blocks of two convolutions of size 5 and a maximum over 5 steps of stride 2, then dense layers.
    No count is published and the figure leaves padding open: here convolutions keep the length and
    pools do not pad, which makes 9,177,393 parameters. The paper's output is the sigmoid of ours.

    Args:
        input_shape: (steps, features).
        outputs: length of the output: logits of classes, or values.
        filters: channels of the blocks.
        dense_units: widths of the hidden dense layers.
        backend, seed: see `Model`.

    Raises:
        ValueError: a curve too short, or a bad layer argument.
    """
    curve = x = Input(input_shape, name="curve")
    for block, channels in enumerate(filters, start=1):
        for letter in "ab":
            x = Conv1D(
                channels,
                5,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv_{block}{letter}",
            )(x)
        x = MaxPooling1D(5, strides=2, name=f"pool_{block}")(x)
    x = Flatten(name="flatten")(x)
    for number, units in enumerate(dense_units, start=1):
        x = Dense(units, activation="relu", kernel_initializer="he_normal", name=f"dense_{number}")(
            x
        )
    return Model(curve, Dense(outputs, name="head")(x), backend=backend, seed=seed)
