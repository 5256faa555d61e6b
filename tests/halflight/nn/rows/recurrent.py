"""Rows of the recurrent layers and of embedding."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import Row

SEQUENCE = ((5, 3),)
MASKED = ((5, 3), (5,))
FORGETFUL = "a graph remembers nothing"

ROWS = {
    "simple rnn": Row(lambda: layers.SimpleRNN(4), SEQUENCE, (4,)),
    "simple rnn sigmoid": Row(
        lambda: layers.SimpleRNN(4, "sigmoid", return_sequences=True), SEQUENCE, (5, 4)
    ),
    "simple rnn linear": Row(
        lambda: layers.SimpleRNN(4, None, use_bias=False, go_backwards=True), SEQUENCE, (4,)
    ),
    "lstm": Row(lambda: layers.LSTM(4), SEQUENCE, (4,)),
    "lstm sequences": Row(
        lambda: layers.LSTM(4, unit_forget_bias=False, return_sequences=True), SEQUENCE, (5, 4)
    ),
    "lstm backwards": Row(
        lambda: layers.LSTM(4, return_sequences=True, go_backwards=True), SEQUENCE, (5, 4)
    ),
    "lstm frozen": Row(lambda: layers.LSTM(4, trainable=False), SEQUENCE, (4,)),
    "gru": Row(lambda: layers.GRU(4), SEQUENCE, (4,)),
    "gru sequences": Row(
        lambda: layers.GRU(4, use_bias=False, return_sequences=True), SEQUENCE, (5, 4)
    ),
    "gru reset before": Row(lambda: layers.GRU(4, reset_after=False), SEQUENCE, (4,)),
    "gru backwards": Row(lambda: layers.GRU(4, go_backwards=True), SEQUENCE, (4,)),
    "gru frozen": Row(lambda: layers.GRU(4, trainable=False), SEQUENCE, (4,)),
    "simple rnn masked": Row(lambda: layers.SimpleRNN(4), MASKED, (4,), masked=True),
    "lstm masked": Row(lambda: layers.LSTM(4, return_sequences=True), MASKED, (5, 4), masked=True),
    "lstm masked, backwards": Row(
        lambda: layers.LSTM(4, go_backwards=True), MASKED, (4,), masked=True
    ),
    "gru masked": Row(
        lambda: layers.GRU(4, return_sequences=True, go_backwards=True),
        MASKED,
        (5, 4),
        masked=True,
    ),
    "lstm dropout": Row(
        lambda: layers.LSTM(4, dropout=0.4, return_sequences=True), SEQUENCE, (5, 4)
    ),
    "gru masked, dropout": Row(
        lambda: layers.GRU(4, dropout=0.3, seed=5, reset_after=False), MASKED, (4,), masked=True
    ),
    "simple rnn begun": Row(
        lambda: layers.SimpleRNN(2, "softsign", return_sequences=True), ((3, 2), (2,)), (3, 2)
    ),
    "simple rnn ended": Row(
        lambda: layers.SimpleRNN(2, return_state=True, go_backwards=True), ((3, 2),), (2, 2)
    ),
    "simple rnn recurrent dropout": Row(
        lambda: layers.SimpleRNN(3, recurrent_dropout=0.4), ((3, 2),), (3,)
    ),
    "lstm begun and ended": Row(
        lambda: layers.LSTM(2, return_state=True), ((3, 2), (2,), (2,)), (3, 2)
    ),
    "lstm begun and ended, masked": Row(
        lambda: layers.LSTM(2, return_sequences=True, return_state=True, go_backwards=True),
        ((3, 2), (2,), (2,), (3,)),
        (5, 2),
        masked=True,
    ),
    "lstm other activations": Row(
        lambda: layers.LSTM(2, "relu", "hard_sigmoid", recurrent_dropout=0.3), ((3, 2),), (2,)
    ),
    "gru begun": Row(
        lambda: layers.GRU(2, return_state=True, recurrent_dropout=0.3), ((3, 2), (2,)), (2, 2)
    ),
    "gru begun, masked": Row(
        lambda: layers.GRU(2, "elu", None), ((3, 2), (2,), (3,)), (2,), masked=True
    ),
    "gru reset before begun": Row(
        lambda: layers.GRU(
            2, return_sequences=True, return_state=True, reset_after=False, recurrent_dropout=0.3
        ),
        ((3, 2), (2,)),
        (4, 2),
    ),
    "lstm masked, zeros": Row(
        lambda: layers.LSTM(2, zero_output_for_mask=True, return_sequences=True, return_state=True),
        ((4, 2), (4,)),
        (6, 2),
        masked=True,
    ),
    "gru masked, zeros, backwards": Row(
        lambda: layers.GRU(2, zero_output_for_mask=True, return_sequences=True, go_backwards=True),
        ((4, 2), (4,)),
        (4, 2),
        masked=True,
    ),
    "conv lstm masked, zeros": Row(
        lambda: layers.ConvLSTM1D(2, 2, zero_output_for_mask=True, return_sequences=True),
        ((4, 3, 2), (4,)),
        (4, 2, 2),
        masked=True,
    ),
    "rnn": Row(lambda: layers.RNN(layers.LSTMCell(2), return_sequences=True), SEQUENCE, (5, 2)),
    "simple rnn stateful": Row(
        lambda: layers.SimpleRNN(2, stateful=True, return_sequences=True),
        ((3, 2),),
        (3, 2),
        refused=FORGETFUL,
    ),
    "lstm stateful, masked": Row(
        lambda: layers.LSTM(2, stateful=True, return_state=True),
        ((3, 2), (3,)),
        (3, 2),
        masked=True,
        refused=FORGETFUL,
    ),
    "gru stateful, backwards": Row(
        lambda: layers.GRU(2, stateful=True, go_backwards=True, recurrent_dropout=0.3),
        ((3, 2),),
        (2,),
        refused=FORGETFUL,
    ),
    "conv lstm stateful": Row(
        lambda: layers.ConvLSTM1D(2, 2, stateful=True), ((3, 4, 2),), (3, 2), refused=FORGETFUL
    ),
    "conv lstm begun and ended": Row(
        lambda: layers.ConvLSTM1D(2, 2, return_state=True, recurrent_dropout=0.3),
        ((3, 4, 2), (3, 2), (3, 2)),
        (3, 3, 2),
    ),
    "conv lstm begun and ended, masked": Row(
        lambda: layers.ConvLSTM2D(
            2, 2, return_sequences=True, return_state=True, go_backwards=True
        ),
        ((3, 3, 3, 1), (2, 2, 2), (2, 2, 2), (3,)),
        (5, 2, 2, 2),
        masked=True,
    ),
    "conv lstm masked": Row(
        lambda: layers.ConvLSTM1D(2, 2, dropout=0.3), ((4, 3, 2), (4,)), (2, 2), masked=True
    ),
    "conv lstm 1d": Row(
        lambda: layers.ConvLSTM1D(2, 3, strides=2, padding="causal", dropout=0.3),
        ((3, 5, 2),),
        (3, 2),
    ),
    "conv lstm 2d": Row(
        lambda: layers.ConvLSTM2D(2, (2, 3), padding="same", return_sequences=True),
        ((3, 4, 3, 1),),
        (3, 4, 3, 2),
    ),
    "conv lstm 2d backwards": Row(
        lambda: layers.ConvLSTM2D(
            2,
            2,
            2,
            "valid",
            1,
            "relu",
            "hard_sigmoid",
            use_bias=False,
            return_sequences=True,
            go_backwards=True,
            recurrent_dropout=0.3,
        ),
        ((2, 5, 4, 1),),
        (2, 2, 2, 2),
    ),
    "conv lstm 3d": Row(lambda: layers.ConvLSTM3D(1, 2), ((2, 3, 2, 3, 1),), (2, 1, 2, 1)),
    "part": Row(lambda: layers.Part(2, 2, 3), ((6, 3),), (3,)),
    "part sequence": Row(lambda: layers.Part(0, 2, 6, sequence=True), ((6, 3),), (2, 6)),
    "part second output": Row(lambda: layers.Part(1, 0, 3, outputs=2), ((2, 3),), (3,)),
    "part maps": Row(
        lambda: layers.Part(1, 2, 3, sequence=True, outputs=2), ((6, 4, 3),), (2, 4, 3)
    ),
    "masking": Row(layers.Masking, SEQUENCE, (5, 3)),
    "masking images": Row(lambda: layers.Masking(0.5), ((4, 3, 2),), (4, 3, 2)),
    "not equal": Row(lambda: layers.NotEqual(0.5), ((4, 3, 2),), (4,)),
    "not equal integers": Row(lambda: layers.NotEqual(2, integers=True), ((4,),), (4,), integers=4),
    "embedding mask": Row(
        lambda: layers.Embedding(6, 4, mask_zero=True), ((5,),), (5, 4), integers=6
    ),
    "embedding": Row(lambda: layers.Embedding(6, 4), ((5,),), (5, 4), integers=6),
    "embedding rows": Row(
        lambda: layers.Embedding(3, 2, embeddings_constraint="max_norm"),
        ((2, 4),),
        (2, 4, 2),
        integers=3,
    ),
}
