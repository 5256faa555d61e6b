"""Rows of the wrappers."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import Row

SEQUENCE = ((5, 3),)
IMAGES = ((4, 5, 6, 3),)


def _bidirectional(merge_mode: str | None, *, sequences: bool) -> layers.Bidirectional:
    return layers.Bidirectional(layers.LSTM(4, return_sequences=sequences), merge_mode)


ROWS = {
    "time distributed dense": Row(
        lambda: layers.TimeDistributed(layers.Dense(4, "silu")), SEQUENCE, (5, 4)
    ),
    "time distributed conv": Row(
        lambda: layers.TimeDistributed(layers.Conv2D(2, 3, padding="same", activation="relu")),
        IMAGES,
        (4, 5, 6, 2),
    ),
    "time distributed max pool": Row(
        lambda: layers.TimeDistributed(layers.MaxPooling2D(2)), IMAGES, (4, 2, 3, 3)
    ),
    "time distributed batch norm": Row(
        lambda: layers.TimeDistributed(layers.BatchNormalization()), SEQUENCE, (5, 3)
    ),
    "time distributed frozen": Row(
        lambda: layers.TimeDistributed(layers.BatchNormalization(trainable=False)),
        SEQUENCE,
        (5, 3),
    ),
    "time distributed dropout": Row(
        lambda: layers.TimeDistributed(layers.Dropout(0.4)), SEQUENCE, (5, 3)
    ),
    "time distributed flatten": Row(
        lambda: layers.TimeDistributed(layers.Flatten()), IMAGES, (4, 90)
    ),
    "time distributed twice": Row(
        lambda: layers.TimeDistributed(layers.TimeDistributed(layers.Dense(2, "silu"))),
        ((4, 5, 3),),
        (4, 5, 2),
    ),
    "time distributed bidirectional": Row(
        lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(2))),
        ((4, 5, 3),),
        (4, 4),
    ),
    "bidirectional": Row(lambda: _bidirectional("concat", sequences=False), SEQUENCE, (8,)),
    "bidirectional sequences": Row(
        lambda: _bidirectional("concat", sequences=True), SEQUENCE, (5, 8)
    ),
    "bidirectional masked": Row(
        lambda: _bidirectional("concat", sequences=True), ((5, 3), (5,)), (5, 8), masked=True
    ),
    "bidirectional masked, last": Row(
        lambda: _bidirectional("mul", sequences=False), ((5, 3), (5,)), (4,), masked=True
    ),
    "bidirectional sum": Row(lambda: _bidirectional("sum", sequences=True), SEQUENCE, (5, 4)),
    "bidirectional mul": Row(lambda: _bidirectional("mul", sequences=True), SEQUENCE, (5, 4)),
    "bidirectional ave": Row(lambda: _bidirectional("ave", sequences=False), SEQUENCE, (4,)),
    "bidirectional begun and ended": Row(
        lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True, return_state=True)),
        ((3, 2), (2,), (2,), (2,), (2,), (3,)),
        (10, 2),
        masked=True,
    ),
    "bidirectional ended": Row(
        lambda: layers.Bidirectional(layers.GRU(2, return_state=True), "ave"), ((3, 2),), (3, 2)
    ),
    "bidirectional both": Row(lambda: _bidirectional(None, sequences=True), SEQUENCE, (10, 4)),
    "bidirectional both, masked": Row(
        lambda: _bidirectional(None, sequences=False), ((5, 3), (5,)), (2, 4), masked=True
    ),
    "bidirectional both, begun and ended": Row(
        lambda: layers.Bidirectional(
            layers.LSTM(2, return_sequences=True, return_state=True), merge_mode=None
        ),
        ((3, 2), (2,), (2,), (2,), (2,)),
        (10, 2),
    ),
    "bidirectional stateful": Row(
        lambda: layers.Bidirectional(layers.GRU(2, stateful=True), "ave"),
        ((3, 2),),
        (2,),
        refused="a graph remembers nothing",
    ),
    "bidirectional conv lstm": Row(
        lambda: layers.Bidirectional(layers.ConvLSTM1D(2, 2, return_sequences=True)),
        ((3, 4, 1),),
        (3, 3, 4),
    ),
    "bidirectional conv lstm ended, masked": Row(
        lambda: layers.Bidirectional(
            layers.ConvLSTM1D(2, 2, return_sequences=True, return_state=True)
        ),
        ((3, 3, 1), (3,)),
        (10, 2, 2),
        masked=True,
    ),
    "bidirectional conv lstm both": Row(
        lambda: layers.Bidirectional(layers.ConvLSTM1D(2, 2, return_state=True), None),
        ((3, 3, 1),),
        (6, 2, 2),
    ),
    "bidirectional turned": Row(
        lambda: layers.Bidirectional(
            layers.SimpleRNN(4, return_sequences=True, go_backwards=True, name="inner")
        ),
        SEQUENCE,
        (5, 8),
    ),
}
