"""light_curve_lstm: a class or values from a light curve, read step by step."""

from collections.abc import Sequence

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import LSTM, Dense, Dropout
from halflight.nn.model import Model


def build(
    *,
    input_shape: Shape = (100, 2),
    outputs: int = 1,
    units: Sequence[int] = (16, 16),
    dropout: float = 0.0,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return stacked LSTMs, of which the last state is read.

    In the manner of Charnock & Moss 2017 (ApJL 837, L28), who classify supernovae from their light
    curves so; the default sizes are chosen here. An LSTM of m units over n features has
    4 m (n + m + 1) parameters (Hochreiter & Schmidhuber 1997, with a forget gate).

    Args:
        input_shape: (steps, features): times or differences of times are features like others.
        outputs: length of the output: logits of classes, or values.
        units: of the LSTMs, the first of which sees the features.
        dropout: share of each LSTM's outputs dropped in training; 0 adds no layer.
        backend, seed: see `Model`.

    Raises:
        ValueError: no units, an input that is no sequence, or a bad layer argument.
    """
    if not units:
        raise ValueError(f"light_curve_lstm: needs one or more units, received {units!r}")
    curve = x = Input(input_shape, name="curve")
    for number, size in enumerate(units, start=1):
        x = LSTM(size, return_sequences=number < len(units), name=f"lstm_{number}")(x)
        if dropout:
            x = Dropout(dropout, name=f"dropout_{number}")(x)
    return Model(curve, Dense(outputs, name="head")(x), backend=backend, seed=seed)
