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


def flattened(weights):
    return {k: v.reshape(v.shape[-2:]) if v.ndim > 1 else v for k, v in weights.items()}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_states_and_masks_are_an_lstms(backwards, sequences):
    """At one pixel; a sample none of whose steps counts ends in what it began with."""
    options = {"return_sequences": sequences, "return_state": True, "go_backwards": backwards}
    counts, pixel = Input((5,)), (1, 1, 3)
    begun = [Input(pixel), Input(pixel)]
    x = Input((5, 1, 1, 2))
    maps = layers.ConvLSTM2D(3, 1, name="r", **options)(x, counts, initial_state=begun)
    shape = (5, *pixel) if sequences else pixel
    assert [tensor.shape for tensor in maps] == [shape, pixel, pixel]
    model = Model([x, counts, *begun], maps, backend="reference", seed=2)
    flat, states = Input((5, 2)), [Input((3,)), Input((3,))]
    plain = Model(
        [flat, counts, *states],
        layers.LSTM(3, name="r", **options)(flat, counts, initial_state=states),
        backend="reference",
    )
    plain.set_weights(flattened(model.get_weights()))
    rng = np.random.default_rng(1)
    data, before = rng.normal(size=(2, 5, 2)), rng.normal(size=(2, 2, 3))
    mask = np.array([[0.0, 1.0, 0.0, 1.0, 1.0], [0.0] * 5])
    maps_before = [state.reshape(2, *pixel) for state in before]
    found = model.predict([data.reshape(2, 5, 1, 1, 2), mask, *maps_before])
    for got, wanted in zip(found, plain.predict([data, mask, *before]), strict=True):
        np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-11, atol=1e-14)
    np.testing.assert_array_equal([state[1, 0, 0] for state in found[1:]], before[:, 1])


@pytest.mark.parametrize("mode", ["concat", "mul", None])
def test_it_is_read_in_both_directions(mode):
    def model_of(layer, shape):
        x = Input(shape)
        both = layers.Bidirectional(layer, mode, name="both")
        return Model(x, both(x), backend="reference", seed=2)

    options = {"return_sequences": True, "return_state": True, "name": "r"}
    model = model_of(layers.ConvLSTM1D(3, 1, **options), (4, 1, 2))
    plain = model_of(layers.LSTM(3, **options), (4, 2))
    plain.set_weights(flattened(model.get_weights()))
    data = np.random.default_rng(1).normal(size=(2, 4, 2))
    expected = plain.predict(data)
    for got, wanted in zip(model.predict(data.reshape(2, 4, 1, 2)), expected, strict=True):
        assert got.ndim == wanted.ndim + 1
        np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-11, atol=1e-14)


def test_steps_of_a_film_that_are_empty_are_left_out():
    film = Input((None, 4, 4, 1))
    h = layers.ConvLSTM2D(2, 3, name="r")(layers.Masking()(film))
    model = Model(film, h, backend="reference", seed=2)
    data = np.random.default_rng(1).normal(size=(2, 3, 4, 4, 1))
    filled = np.concatenate([data[:, :2], np.zeros((2, 2, 4, 4, 1)), data[:, 2:]], axis=1)
    np.testing.assert_allclose(model.predict(filled), model.predict(data), rtol=1e-12)


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
        (lambda: layers.ConvLSTM1D(1, 3, return_state=1), "return_state"),
        (
            lambda: layers.ConvLSTM1D(2, 3)(Input((4, 6, 1)), initial_state=[Input((4, 2))]),
            r"begins with 2 state\(s\) of shape \(4, 2\)",
        ),
        (lambda: layers.ConvLSTM2D(1, 3, strides=2, dilation_rate=2), "strides above 1"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
