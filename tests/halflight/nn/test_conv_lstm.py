"""ConvLSTM: the equations step by step, an LSTM at one pixel, learning, errors."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers, load_model
from halflight.nn.optimizers import Adam


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def correlated(x, w, before, after, stride=1):
    """x (n, length, c) * w (k, c, f), with zeros before and after."""
    padded = np.pad(x, ((0, 0), (before, after), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(w), axis=1)[:, ::stride]
    return np.einsum("nlck,kcf->nlf", windows, w)


def softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("backwards", "activation", "squash"),
    [(False, "tanh", np.tanh), (True, "tanh", np.tanh), (False, "softmax", softmax)],
)
@pytest.mark.parametrize("sequences", [False, True])
def test_equals_the_equations_step_by_step(backwards, activation, squash, sequences, place):
    options = {"return_sequences": sequences, "go_backwards": backwards, "activation": activation}
    placed = place(layers.ConvLSTM1D(3, 2, strides=2, **options), [(4, 7, 2)], "reference")
    w = {name: weight.value for name, weight in placed.layer.weights.items()}
    steps = np.moveaxis(placed.inputs[0], 1, 0)
    state, cell, states = np.zeros((3, 3, 3)), np.zeros((3, 3, 3)), []
    for x in steps[::-1] if backwards else steps:
        entering = correlated(x, w["kernel"], 0, 0, stride=2)
        total = entering + correlated(state, w["recurrent_kernel"], 0, 1) + w["bias"]
        i, f, g, o = np.split(total, 4, axis=-1)
        cell = sigmoid(f) * cell + sigmoid(i) * squash(g)
        state = sigmoid(o) * squash(cell)
        states.append(state)
    expected = np.stack(states, axis=1) if sequences else state
    np.testing.assert_allclose(placed.forward(), expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("make", [layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D])
def test_at_one_pixel_it_is_an_lstm(make):
    axes = make.axes
    x = Input((5, *[1] * axes, 2))
    model = Model(x, make(3, 1, name="r")(x), backend="reference", seed=2)
    flat = Input((5, 2))
    plain = Model(flat, layers.LSTM(3, name="r")(flat), backend="reference")
    weights = model.get_weights()
    np.testing.assert_array_equal(weights["r/bias"][3:6], 1.0)  # the forget gate remembers
    plain.set_weights({k: v.reshape(v.shape[-2:]) if v.ndim > 1 else v for k, v in weights.items()})
    data = np.random.default_rng(1).normal(size=(4, 5, 2))
    found = model.predict(data.reshape(4, 5, *[1] * axes, 2)).reshape(4, 3)
    np.testing.assert_allclose(found, plain.predict(data), rtol=1e-11, atol=1e-14)


def test_it_sees_where_a_dot_goes(tmp_path):
    """Which of two ways a dot moves through three frames of any length of film."""
    rng = np.random.default_rng(3)
    film, way = np.zeros((128, 3, 6, 6, 1)), rng.integers(0, 2, 128)
    for n in range(128):
        row, column = rng.integers(0, 6), rng.integers(2, 4)
        for time in range(3):
            film[n, time, row, column + (time if way[n] else -time), 0] = 1.0
    x = Input((None, 6, 6, 1))
    h = layers.ConvLSTM2D(4, 3, padding="same", recurrent_dropout=0.1)(x)
    model = Model(x, layers.Dense(1)(layers.GlobalMaxPooling2D()(h)), seed=1)
    model.compile(Adam(0.03), "mse")
    model.fit(film, way.astype(float), epochs=25, verbose=0)
    assert np.mean((model.predict(film)[:, 0] > 0.5) == way) > 0.95
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(film[:, :2]), model.predict(film[:, :2]))


def test_errors():
    for make, message in (
        (lambda: layers.ConvLSTM2D(0, 3), "filters must be a positive integer"),
        (lambda: layers.ConvLSTM2D(1, 3)(Input((4, 6, 1))), r"\(time, height, width, channels\)"),
        (lambda: layers.ConvLSTM1D(1, 9)(Input((4, 6, 1))), "must fit into the image"),
        (lambda: layers.ConvLSTM1D(1, 3, recurrent_activation="no"), "recurrent_activation"),
        (lambda: layers.ConvLSTM1D(1, 3, unit_forget_bias=1), "unit_forget_bias"),
        (lambda: layers.ConvLSTM1D(1, 3, recurrent_dropout=1.0), "recurrent_dropout"),
        (lambda: layers.ConvLSTM2D(1, 3, strides=2, dilation_rate=2), "strides above 1"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
