"""Recurrent layers and Embedding: the papers' equations, reversal, learning, errors."""

import math
import re

import numpy as np
import pytest

from halflight.nn import Input, Model, layers
from halflight.nn.optimizers import Adam


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def simple_rnn_states(x, w):
    state, states = np.zeros((len(x), w["bias"].size)), []
    for step in np.moveaxis(x, 1, 0):
        state = np.tanh(step @ w["kernel"] + state @ w["recurrent_kernel"] + w["bias"])
        states.append(state)
    return states


def lstm_states(x, w):
    """Gers et al. 2000, with each gate's own matrices."""
    kernels = [np.split(w[name], 4, axis=-1) for name in ("kernel", "recurrent_kernel", "bias")]
    (wi, wf, wg, wo), (ui, uf, ug, uo), (bi, bf, bg, bo) = kernels
    state = cell = np.zeros((len(x), len(ui)))
    states = []
    for step in np.moveaxis(x, 1, 0):
        forget = sigmoid(step @ wf + state @ uf + bf)
        enter = sigmoid(step @ wi + state @ ui + bi) * np.tanh(step @ wg + state @ ug + bg)
        cell = forget * cell + enter
        state = sigmoid(step @ wo + state @ uo + bo) * np.tanh(cell)
        states.append(state)
    return states


def gru_states(x, w, reset_after):
    """Cho et al. 2014, equations 5-8, or with r after the product."""
    kernels = [np.split(w[name], 3, axis=-1) for name in ("kernel", "recurrent_kernel", "bias")]
    (wz, wr, wh), (uz, ur, uh), (bz, br, bh) = kernels
    if reset_after:
        bz, br, (bh, inner_bias) = bz.sum(axis=0), br.sum(axis=0), bh
    state = np.zeros((len(x), len(uz)))
    states = []
    for step in np.moveaxis(x, 1, 0):
        z, r = sigmoid(step @ wz + state @ uz + bz), sigmoid(step @ wr + state @ ur + br)
        inner = r * (state @ uh + inner_bias) if reset_after else (r * state) @ uh
        state = z * state + (1.0 - z) * np.tanh(step @ wh + bh + inner)
        states.append(state)
    return states


@pytest.mark.parametrize(
    ("make", "oracle"),
    [
        (layers.SimpleRNN, simple_rnn_states),
        (layers.LSTM, lstm_states),
        (layers.GRU, lambda x, w: gru_states(x, w, reset_after=True)),
        (
            lambda units, **rest: layers.GRU(units, reset_after=False, **rest),
            lambda x, w: gru_states(x, w, reset_after=False),
        ),
    ],
)
def test_equals_the_equations_step_by_step(make, oracle, place):
    for options, chosen in (
        ({"return_sequences": True}, lambda states: np.stack(states, axis=1)),
        ({}, lambda states: states[-1]),
    ):
        placed = place(make(4, **options), [(6, 3)], "reference")
        weights = {name: weight.value for name, weight in placed.layer.weights.items()}
        received, (x,) = placed.forward(), placed.inputs
        np.testing.assert_allclose(received, chosen(oracle(x, weights)), rtol=1e-12)


@pytest.mark.parametrize("make", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_go_backwards_reads_the_reversed_sequence(make, place):
    ahead = place(make(4, return_sequences=True), [(6, 3)], "reference")
    behind = place(make(4, return_sequences=True, go_backwards=True), [(6, 3)], "reference")
    last = place(make(4, go_backwards=True), [(6, 3)], "reference")
    ahead.inputs[0][...] = behind.inputs[0][:, ::-1]
    states = behind.forward()
    np.testing.assert_array_equal(states, ahead.forward())
    np.testing.assert_array_equal(last.forward(), states[:, -1])
    cotangent = np.random.default_rng(1).normal(size=states.shape)
    (dx,), (turned,) = ahead.backward(cotangent.copy()), behind.backward(cotangent.copy())
    np.testing.assert_array_equal(dx, turned[:, ::-1])
    for name, weight in ahead.layer.weights.items():
        np.testing.assert_allclose(weight.grad, behind.layer.weights[name].grad, rtol=1e-12)


def test_lstm_of_one_unit_by_hand():
    layer = layers.LSTM(1, kernel_initializer="ones", recurrent_initializer="zeros", name="lstm")
    inputs = Input((2, 1))
    output = Model(inputs, layer(inputs), backend="reference").predict(np.array([[[0.5], [-1.0]]]))
    s = [1.0 / (1.0 + math.exp(-v)) for v in (0.5, -1.0, -1.0 + 1.0)]  # the forget bias is one
    cell = s[2] * (s[0] * math.tanh(0.5)) + s[1] * math.tanh(-1.0)
    assert output[0, 0] == pytest.approx(s[1] * math.tanh(cell), rel=1e-12)


def test_initial_weights():
    inputs = Input((2, 3))
    model = Model(inputs, layers.LSTM(4, bias_initializer="he_normal", name="r")(inputs))
    weights = model.get_weights()
    assert set(weights) == {"r/kernel", "r/recurrent_kernel", "r/bias"}
    recurrent = weights["r/recurrent_kernel"].astype(np.float64)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(weights["r/bias"][4:8], 1.0)
    assert not (weights["r/bias"][[0, 8, 12]] == 1.0).any()
    model = Model(inputs, layers.LSTM(4, unit_forget_bias=False, name="r")(inputs))
    assert not model.get_weights()["r/bias"].any()
    model = Model(inputs, layers.GRU(4, name="r")(inputs))
    assert model.get_weights()["r/bias"].shape == (2, 12)
    model = Model(inputs, layers.GRU(4, reset_after=False, name="r")(inputs))
    assert model.get_weights()["r/bias"].shape == (12,)


def test_declared_penalties_and_operations():
    layer = layers.GRU(4, recurrent_regularizer="l2", recurrent_constraint="max_norm")
    layer(Input((5, 3)))
    recurrent = layer.weights["recurrent_kernel"]
    assert recurrent.regularizer is not None
    assert recurrent.constraint is not None
    assert recurrent.decay
    assert layer.weights["kernel"].regularizer is None
    assert layer.flops((5, 3), (4,)) == 5 * (2 * 12 * (3 + 4) + 24)


@pytest.mark.parametrize("make", [layers.LSTM, layers.GRU])
def test_remembers_the_first_step(make):
    """The sign of the first of ten steps, the others being noise."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(512, 10, 1))
    target = np.sign(x[:, 0])
    inputs = Input((10, 1))
    model = Model(inputs, layers.Dense(1)(make(16)(inputs)), backend="reference", seed=2)
    model.compile(Adam(0.02), "mean_squared_error")
    model.fit(x[:448], target[:448], epochs=20, batch_size=64)
    assert np.mean(np.sign(model.predict(x[448:])) == target[448:]) >= 0.9


def test_embedding_looks_up_and_adds_gradients(place):
    placed = place(layers.Embedding(4, 2), [(3,)], "reference", integers=4)
    placed.inputs[0][...] = [[0, 3, 3], [1, 0, 3], [3, 3, 3]]
    table = placed.layer.weights["embeddings"]
    np.testing.assert_array_equal(placed.forward(), table.value[placed.inputs[0]])
    assert placed.backward(np.ones((3, 3, 2))) == [None]
    np.testing.assert_array_equal(table.grad[:, 0], [2, 1, 0, 6])
    placed.inputs[0][1, 1] = 4
    with pytest.raises(ValueError, match="index holds 4, expected 0 to 3"):
        placed.forward()


def test_a_model_refuses_an_integer_outside_the_table():
    words = Input((3,), name="words", dtype="int32")
    model = Model(words, layers.Embedding(4, 2)(words))
    with pytest.raises(ValueError, match="'words': every index must be at least 0 and below 4"):
        model.predict(np.array([[0, 4, 1]]))


def test_errors_name_layer_rule_and_value():
    def bad(make, *parts):
        with pytest.raises(ValueError, match=r"received") as caught:
            make()
        for part in parts:
            assert part in str(caught.value)

    bad(lambda: layers.LSTM(0, name="l"), "LSTM 'l'", "units", "0")
    bad(lambda: layers.LSTM(2, "rleu"), "LSTM: activation must be", "'relu'", "'rleu'")
    bad(lambda: layers.GRU(2, recurrent_activation="no"), "recurrent_activation must be", "'no'")
    bad(lambda: layers.GRU(2, return_state=1), "return_state")
    bad(lambda: layers.GRU(2, recurrent_dropout=1.0), "recurrent_dropout", "1.0")
    bad(lambda: layers.GRU(2, reset_after=1), "reset_after must be True or False")
    bad(lambda: layers.LSTM(2, unit_forget_bias=None), "unit_forget_bias")
    bad(lambda: layers.LSTM(2, return_sequences=1), "return_sequences")
    bad(lambda: layers.LSTM(2, go_backwards="yes"), "go_backwards", "'yes'")
    bad(lambda: layers.LSTM(2)(Input((5,))), "sequence (time, features)", "(5,)")
    bad(lambda: layers.GRU(2)(Input((5, 4, 3))), "sequence (time, features)", "(5, 4, 3)")
    bad(lambda: layers.Embedding(0, 2), "input_dim", "0")
    bad(lambda: layers.Embedding(2, 2.0), "output_dim", "2.0")
    bad(lambda: layers.Embedding(2, 2)(Input((5,))), "takes int32 tensors", "float32")
    bad(lambda: layers.LSTM(2)(Input((5, 2), dtype="int32")), "takes float32 tensors", "int32")
    for make in (layers.SimpleRNN, layers.LSTM, layers.GRU):
        for argument in ("unroll", "mask"):
            with pytest.raises(TypeError, match=re.escape(f"argument '{argument}'")):
                make(2, **{argument: True})


def test_dropout_leaves_features_out_at_every_step(place):
    placed = place(layers.SimpleRNN(3, None, dropout=0.5, return_sequences=True), [(4, 3)],
                   "reference")  # fmt: skip
    placed.forward(training=True)
    kept = placed.layer.scratches["thinned"].value / placed.inputs[0]
    assert set(np.unique(np.round(kept, 9))) == {0.0, 2.0}
    np.testing.assert_allclose(kept, np.broadcast_to(kept[:, :1], kept.shape), atol=1e-12)
    plain = place(layers.SimpleRNN(3, None, return_sequences=True), [(4, 3)], "reference")
    np.testing.assert_array_equal(placed.forward(training=False), plain.forward(training=False))


def test_the_directions_leave_other_features_out(place):
    layer = layers.Bidirectional(layers.GRU(2, dropout=0.5))
    placed = place(layer, [(3, 40)], "reference")
    placed.forward(training=True)
    ahead, behind = (part.scratches["thinned"].value == 0 for part in layer.inside[1:])
    assert (ahead != behind).any()
    with pytest.raises(ValueError, match="dropout must be"):
        layers.LSTM(2, dropout=1.0)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (layers.SimpleRNNCell, layers.SimpleRNN),
        (layers.LSTMCell, layers.LSTM),
        (layers.GRUCell, layers.GRU),
    ],
)
def test_an_rnn_of_a_cell_is_the_layer(cell, kind):
    options = {"return_sequences": True, "return_state": True, "go_backwards": True}
    layer = layers.RNN(cell(3, "relu", dropout=0.2), **options, name="r", stateful=True)
    assert type(layer) is kind
    plain = kind(3, "relu", dropout=0.2, **options, name="r", stateful=True)
    assert layer.get_config() == plain.get_config()
    layers.Bidirectional(layers.RNN(cell(2)))  # as any other
    shared = cell(2)
    layers.RNN(shared)
    for make, message in (
        (lambda: layers.RNN(shared), "a cell is for one layer: .* received"),
        (lambda: layers.RNN([cell(2), cell(3)]), "recurrent layers one after the other"),
        (lambda: cell(2, stateful=True), f"{cell.__name__}: stateful is an argument of RNN"),
        (lambda: cell(0), "units must be a positive integer"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
