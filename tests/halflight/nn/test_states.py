"""States that recurrent layers begin with and end in, what is left out of them, and activations."""

import copy
import pickle

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, load_model, regularizers
from halflight.nn.layer_check import check_layer
from halflight.nn.layers.activation import FUNCTIONS
from halflight.nn.optimizers import Adam

FEATURES, UNITS = 3, 4
MAKERS = {
    "simple rnn": layers.SimpleRNN,
    "lstm": layers.LSTM,
    "gru": layers.GRU,
    "gru reset before": lambda units, **rest: layers.GRU(units, reset_after=False, **rest),
}
every_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def weights_of(model, layer):
    return {key: model.get_weights()[f"{layer}/{key}"] for key in ("kernel", "recurrent_kernel")}


@every_maker
@pytest.mark.parametrize("backwards", [False, True])
def test_two_halves_with_the_state_handed_on_are_the_whole(make, backwards):
    """The fused kernel reads five steps; the simple ones read two and three, state handed on."""
    options = {"return_sequences": True, "go_backwards": backwards, "bias_initializer": "normal"}
    x = Input((5, FEATURES), name="x")
    whole = Model(x, make(UNITS, name="r", **options)(x), backend="reference", seed=3)
    data = np.random.default_rng(1).normal(size=(2, 5, FEATURES))
    expected = whole.predict(data)
    first, second = Input((2, FEATURES), name="first"), Input((3, FEATURES), name="second")
    early, late = (make(UNITS, name=name, return_state=True, **options) for name in "ab")
    output, *states = early(first)
    assert [state.shape for state in states] == [(UNITS,)] * early.state_count
    again, *ends = late(second, initial_state=states)
    halves = Model([first, second], [output, again, *ends], backend="reference")
    halves.set_weights(
        {f"{name}/{key}": whole.get_weights()[f"r/{key}"]
         for name in "ab" for key in early.weights}
    )  # fmt: skip
    cut = (data[:, 3:], data[:, :3]) if backwards else (data[:, :2], data[:, 2:])
    found = halves.predict([*cut])
    np.testing.assert_allclose(np.concatenate(found[:2], axis=1), expected, rtol=1e-12)
    np.testing.assert_array_equal(found[2], found[1][:, -1])


def test_the_cell_of_an_lstm_by_hand():
    x, state, cell = Input((1, 1)), Input((1,)), Input((1,))
    layer = layers.LSTM(
        1, return_state=True, kernel_initializer="ones", recurrent_initializer="zeros",
        unit_forget_bias=False, name="lstm",
    )  # fmt: skip
    output, last, found = layer(x, initial_state=[state, cell])
    model = Model([x, state, cell], [output, last, found], backend="reference")
    y, h, c = model.predict([np.array([[[0.5]]]), np.array([[9.0]]), np.array([[2.0]])])
    gate = 1.0 / (1.0 + np.exp(-0.5))
    assert c[0, 0] == pytest.approx(2.0 * gate + gate * np.tanh(0.5))
    assert y[0, 0] == h[0, 0] == pytest.approx(gate * np.tanh(c[0, 0]))


@pytest.mark.parametrize("make", [*MAKERS.values()], ids=MAKERS)
def test_an_encoder_hands_its_state_to_a_decoder_and_learns_from_it(make, tmp_path):
    """Sequence to sequence: the numbers of the first come out of the second, in the other order."""
    said, asked = Input((4, 1), name="said"), Input((4, 1), name="asked")
    _, *states = make(24, return_state=True, name="encoder")(said)
    decoder = make(24, return_sequences=True, return_state=True, name="decoder")
    hidden, *ends = decoder(asked, initial_state=states)
    model = Model([said, asked], layers.Dense(1)(hidden), backend="reference", seed=1)
    rng = np.random.default_rng(4)
    x, clock = rng.normal(size=(256, 4, 1)), np.broadcast_to(np.eye(4)[:, :1], (256, 4, 1))
    model.compile(Adam(0.02), "mean_squared_error")
    before = model.get_weights()
    history = model.fit([x, clock.copy()], x[:, ::-1].copy(), epochs=12, batch_size=64, verbose=0)
    assert history.history["loss"][-1] < 0.75 * history.history["loss"][0]
    moved = [key for key, value in model.get_weights().items() if (value != before[key]).any()]
    assert "encoder/recurrent_kernel" in moved  # its gradient comes through the states alone
    model.save(tmp_path / "model")
    expected = model.predict([x, clock.copy()])
    again = load_model(tmp_path / "model", backend="reference")
    np.testing.assert_array_equal(again.predict([x, clock.copy()]), expected)
    for each in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        np.testing.assert_array_equal(each.predict([x, clock.copy()]), expected)
    one = Input((4, 1))
    given = [Input((24,)) for _ in states]
    running = Model([one, *given], [*decoder(one, initial_state=given)], backend="reference")
    assert len(running.outputs) == 1 + len(ends)  # a decoder of its own, with the same weights


@every_maker
@pytest.mark.parametrize("backwards", [False, True])
def test_masked_steps_leave_the_states(make, backwards):
    """A sample none of whose steps count ends in the state that it began with."""
    options = {"go_backwards": backwards, "return_state": True, "name": "r"}

    def model_of(steps):
        x, counts = Input((steps, FEATURES)), Input((steps,))
        layer = make(UNITS, **options)
        begun = [Input((UNITS,)) for _ in range(layer.state_count)]
        return Model(
            [x, counts, *begun], [*layer(x, counts, initial_state=begun)],
            backend="reference", seed=2,
        )  # fmt: skip

    rng = np.random.default_rng(5)
    x, mask = rng.normal(size=(2, 5, FEATURES)), np.array([[0, 1, 0, 1, 0], [0, 0, 0, 0, 0]])
    model, short = model_of(5), model_of(2)
    begun = [rng.normal(size=(2, UNITS)) for _ in model.inputs[2:]]
    output, *ends = model.predict([x, mask.astype(float), *begun])
    kept = x[:1, [1, 3]]
    expected = short.predict([kept, np.ones((1, 2)), *[state[:1] for state in begun]])
    for found, wanted in zip([output, *ends], expected, strict=True):
        np.testing.assert_allclose(found[:1], wanted, rtol=1e-12)
    np.testing.assert_array_equal(output[1], 0.0)
    for found, state in zip(ends, begun, strict=True):
        np.testing.assert_array_equal(found[1], state[1])


@every_maker
@pytest.mark.parametrize("backwards", [False, True])
def test_steps_that_are_left_out_show_zeros_where_they_are_asked_to(make, backwards):
    options = {"return_sequences": True, "return_state": True, "go_backwards": backwards}

    def model_of(**more):
        x, counts = Input((5, FEATURES)), Input((5,))
        layer = make(UNITS, name="r", **options, **more)
        return Model([x, counts], [*layer(x, counts)], backend="reference", seed=2)

    data = np.random.default_rng(5).normal(size=(2, 5, FEATURES))
    mask = np.array([[0.0, 1.0, 0.0, 1.0, 0.0], [0.0] * 5])
    shown, *ends = model_of().predict([data, mask])
    output, *states = model_of(zero_output_for_mask=True).predict([data, mask])
    in_order = mask[:, ::-1] if backwards else mask
    np.testing.assert_array_equal(output, shown * in_order[..., np.newaxis])
    for state, end in zip(states, ends, strict=True):
        np.testing.assert_array_equal(state, end)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [True, False])
def test_bidirectional_states_are_the_layers_own(mode, sequences):
    options = {"return_sequences": sequences, "return_state": True}
    x = Input((5, FEATURES))
    begun = [Input((UNITS,)) for _ in range(4)]
    both = layers.Bidirectional(layers.LSTM(UNITS, name="lstm", **options), mode, name="both")
    found = both(x, initial_state=begun)
    width = 2 * UNITS if mode == "concat" else UNITS
    shapes = [(5, width) if sequences else (width,)] * (1 if mode else 2)
    assert [t.shape for t in found] == [*shapes, *[(UNITS,)] * 4]
    model = Model([x, *begun], found, backend="reference", seed=3)
    rng = np.random.default_rng(3)
    data = [rng.normal(size=(2, 5, FEATURES)), *(rng.normal(size=(2, UNITS)) for _ in begun)]
    ahead, *forward = layers.LSTM(UNITS, name="f", **options)(x, initial_state=begun[:2])
    behind, *backward = layers.LSTM(UNITS, name="b", go_backwards=True, **options)(
        x, initial_state=begun[2:]
    )
    parts = Model([x, *begun], [ahead, behind, *forward, *backward], backend="reference")
    weights = model.get_weights()
    names = {"f": "forward_lstm", "b": "backward_lstm"}
    parts.set_weights(
        {key: weights[f"both/{names[key[0]]}/{key[2:]}"] for key in parts.get_weights()}
    )
    received, (a, b, *states) = model.predict(data), parts.predict(data)
    b = b[:, ::-1] if sequences else b
    merged = {
        "concat": [np.concatenate([a, b], -1)],
        "sum": [a + b],
        "mul": [a * b],
        "ave": [(a + b) / 2],
        None: [a, b],
    }[mode]
    for got, wanted in zip(received, [*merged, *states], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_both_outputs_of_a_bidirectional_layer_go_their_own_ways(tmp_path):
    """One direction's sequence into another layer, with its mask; the other's steps averaged."""
    x = Input((4, FEATURES))
    inner = layers.GRU(UNITS, return_sequences=True)
    both = layers.Bidirectional(inner, merge_mode=None, name="both")
    ahead, behind = both(layers.Masking()(x))
    assert ahead.mask is behind.mask is not None
    assert [t.shape for t in both.output] == [(4, UNITS)] * 2
    parts = [layers.GRU(2)(ahead), layers.GlobalAveragePooling1D()(behind)]
    model = Model(x, layers.Dense(1)(layers.Concatenate()(parts)), backend="reference", seed=1)
    model.compile(Adam(0.02), "mean_squared_error")
    data = np.random.default_rng(0).normal(size=(16, 4, FEATURES))
    data[:8, 2:] = 0.0
    before = model.get_weights()
    model.fit(data, data[:, 0, 0], verbose=0)
    assert all((value != before[key]).any() for key, value in model.get_weights().items())
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


@every_maker
def test_recurrent_dropout_is_one_choice_a_sample_for_all_steps(make):
    x = Input((4, FEATURES))
    layer = make(40, recurrent_dropout=0.5, name="r")
    model = Model(x, layer(x), backend="reference", seed=6)
    data = np.random.default_rng(0).normal(size=(5, 4, FEATURES))
    plain = Model(x, make(40, name="r")(x), backend="reference", seed=6)
    np.testing.assert_allclose(model.predict(data), plain.predict(data), atol=1e-14)
    executor = model.executor(5, training=True)
    (first,) = [y.copy() for y in executor.forward([data], step=3)]
    kept = layer.scratches["kept"].value.copy()
    assert set(np.unique(kept)) == {0.0, 2.0}
    assert (kept[0] != kept[1]).any()
    np.testing.assert_array_equal(executor.forward([data], step=3)[0], first)
    assert (executor.forward([data], step=4)[0] != first).any()
    entering = layer.recurrence._steps.entering
    states = layer.recurrence._steps.series[0]
    for time in (1, 2, 3):
        mask = layer.scratches["kept"].value
        np.testing.assert_array_equal(entering.at(time), mask * states.at(time - 1))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("make", [layers.SimpleRNN, layers.GRU])
def test_every_activation_has_its_gradient(make, name, place, gradients_agree):
    options = {} if make is layers.SimpleRNN else {"recurrent_activation": name}
    placed = place(make(3, name, **options), [(2, 2)], "reference")
    gradients_agree(placed)


@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid", "softmax", None])
def test_an_lstm_of_other_activations_by_its_equations(activation, place):
    def chosen(values):
        if activation == "softmax":
            e = np.exp(values - values.max(axis=-1, keepdims=True))
            return e / e.sum(axis=-1, keepdims=True)
        return {
            "relu": np.maximum(values, 0.0),
            "hard_sigmoid": np.clip(values / 6.0 + 0.5, 0.0, 1.0),
            None: values,
        }[activation]

    placed = place(layers.LSTM(3, activation, activation), [(4, 2)], "reference")
    w = {name: weight.value for name, weight in placed.layer.weights.items()}
    state = cell = np.zeros((3, 3))
    for step in np.moveaxis(placed.inputs[0], 1, 0):
        total = step @ w["kernel"] + state @ w["recurrent_kernel"] + w["bias"]
        i, f, g, o = (chosen(part) for part in np.split(total, 4, axis=1))
        cell = f * cell + i * g
        state = o * chosen(cell)
    np.testing.assert_allclose(placed.forward(), state, rtol=1e-11)


def test_a_penalty_is_on_the_output_alone():
    x = Input((3, 2))
    layer = layers.GRU(2, return_state=True, activity_regularizer=regularizers.L2(0.5))
    output, state = layer(x)
    assert type(output.call.layer).__name__ == "ActivityRegularization"
    assert type(state.call.layer).__name__ == "Part"
    assert [tensor.shape for tensor in layer.output] == [(2,), (2,)]


def test_a_layer_with_states_can_be_checked():
    layer = layers.LSTM(2, return_state=True, recurrent_dropout=0.2)
    found = check_layer(layer, (3, 2), (2,), (2,))
    assert {"x 0", "x 1", "x 2", "kernel"} < set(found)


def test_errors():
    x, h = Input((4, 3)), Input((2,))

    def bad(make, *parts):
        with pytest.raises(ValueError, match="received") as caught:
            make()
        for part in parts:
            assert part in str(caught.value)

    bad(lambda: layers.LSTM(2)(x, initial_state=[h]), "begins with 2 state(s) of shape (2,)")
    bad(lambda: layers.GRU(2)(x, initial_state=[Input((3,))]), "begins with 1 state", "(3,)")
    bad(lambda: layers.GRU(2)(x, initial_state=[np.zeros(2)]), "initial_state must be a tensor")
    bad(lambda: layers.GRU(2)([x, h], initial_state=h), "one tensor beside initial_state")
    both = layers.Bidirectional(layers.GRU(2))
    bad(lambda: both(x, initial_state=[h]), "begins with 2 states, half of them")
    bad(lambda: layers.TimeDistributed(layers.GRU(2, return_state=True)), "must write one tensor")
    bad(lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(2, return_state=True))),
        "must write one tensor")  # fmt: skip
    bad(lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(2), None)),
        "must write one tensor")  # fmt: skip
    bad(lambda: Sequential([x, layers.GRU(2, return_state=True)]), "one output", "2")
    bad(lambda: layers.Bidirectional(layers.GRU(2), "list"), "merge_mode", "'list'")
    bad(lambda: layers.Part(0, 0, 4, outputs=2)(Input((3, 4))), "2 outputs and 0 states")
    bad(lambda: layers.Part(3, 2, 4), "number must be at most 2")
    bad(lambda: layers.Part(1, 2, 4)(Input((2, 4))), "an output and 2 states")
    bad(lambda: layers.Part(0, 2, 5)(Input((6, 3))), "a width of 5")
