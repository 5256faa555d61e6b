"""Masks of sequences: padded sequences give what the shortened ones do, values and gradients."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.nn import Input, Model, Sequential, layers, load_model
from halflight.nn.layer_check import check_layer
from halflight.nn.optimizers import SGD

STEPS, FEATURES = 6, 3
MAKERS = {
    "simple rnn": layers.SimpleRNN,
    "lstm": layers.LSTM,
    "gru": layers.GRU,
    "gru reset before": lambda units, **rest: layers.GRU(units, reset_after=False, **rest),
    "bidirectional": lambda units, **rest: layers.Bidirectional(layers.LSTM(units, **rest)),
}
every_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def padded(sequence, before, after, value=0.0):
    edges = ((before, after), (0, 0))
    return np.pad(sequence, edges, constant_values=value)[np.newaxis]


def model_of(steps, layer, *behind, seed=3):
    x = Input((steps, FEATURES))
    hidden = layer(layers.Masking()(x))
    for each in behind:
        hidden = each(hidden)
    return Model(x, hidden, backend="reference", seed=seed)


@every_maker
@pytest.mark.parametrize("length", [1, 4])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_padding_on_either_side_leaves_the_last_state(make, length, left, backwards):
    sequence = np.random.default_rng(length).normal(size=(length, FEATURES))
    spare = STEPS - length
    whole = model_of(STEPS, make(4, go_backwards=backwards))
    short = model_of(length, make(4, go_backwards=backwards))
    x = padded(sequence, spare, 0) if left else padded(sequence, 0, spare)
    np.testing.assert_allclose(whole.predict(x), short.predict(sequence[np.newaxis]), rtol=1e-13)


@pytest.mark.parametrize("make", [layers.SimpleRNN, layers.LSTM, layers.GRU])
@given(counts=st.lists(st.booleans(), min_size=STEPS, max_size=STEPS), backwards=st.booleans())
@settings(max_examples=8, deadline=None)
def test_gaps_show_the_state_before_on(make, counts, backwards):
    """Keras: a masked step's output is that of the step read before, zeros at the beginning."""
    x = np.random.default_rng(1).normal(size=(1, STEPS, FEATURES)) * np.array(counts)[:, np.newaxis]
    whole = model_of(STEPS, make(2, return_sequences=True, go_backwards=backwards))
    (found,) = whole.predict(x)
    kept = [step for step in range(STEPS) if counts[step]]
    expected, states = np.zeros((STEPS, 2)), []
    if kept:
        short = model_of(len(kept), make(2, return_sequences=True, go_backwards=backwards))
        states = list(short.predict(x[:, kept])[0])
    state = np.zeros(2)
    order = range(STEPS - 1, -1, -1) if backwards else range(STEPS)
    for place, step in enumerate(order):
        state = states.pop(0) if counts[step] else state
        expected[place] = state
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@every_maker
def test_gradients_are_those_of_the_shortened_sequence(make):
    """One step of training on a padded batch moves the weights as the short one does."""
    rng = np.random.default_rng(4)
    sequences, y = rng.normal(size=(5, 4, FEATURES)), rng.normal(size=5)
    moved = []
    for steps, edges in ((4, (0, 0)), (7, (0, 3)), (7, (3, 0)), (7, (2, 1))):
        model = model_of(steps, make(4), layers.Dense(1))
        model.compile(SGD(0.1), "mse")
        model.train_on_batch(np.pad(sequences, ((0, 0), edges, (0, 0))), y)
        moved.append(model.get_weights())
    for other in moved[1:]:
        for name, value in moved[0].items():
            np.testing.assert_allclose(other[name], value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_words_of_zero_are_no_words(backend):
    rng = np.random.default_rng(2)
    words, y = rng.integers(1, 9, (8, 3)), rng.integers(0, 2, 8)
    moved = []
    for after in (0, 4):
        model = Sequential(
            [
                Input((3 + after,), dtype="int32"),
                layers.Embedding(9, 4, mask_zero=True),
                layers.Bidirectional(layers.GRU(3, return_sequences=True)),
                layers.Dropout(0.0),
                layers.GlobalAveragePooling1D(),
                layers.Dense(1, "sigmoid"),
            ],
            backend=backend,
        )
        model.compile("adam", "binary_crossentropy")
        model.fit(np.pad(words, ((0, 0), (0, after))), y, epochs=2, verbose=0)
        moved.append(model.get_weights())
    for name, value in moved[0].items():
        np.testing.assert_allclose(moved[1][name], value, rtol=2e-4, atol=1e-6)


def labeller(steps=STEPS):
    x = Input((steps, FEATURES))
    hidden = layers.LSTM(4, return_sequences=True)(layers.Masking()(x))
    model = Model(x, layers.TimeDistributed(layers.Dense(2))(hidden), backend="reference", seed=1)
    model.compile(SGD(0.1), "mse", metrics=["mae"])
    return model


def test_losses_and_metrics_leave_masked_steps_out():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(4, STEPS, FEATURES)), rng.normal(size=(4, STEPS, 2))
    x[0, 2:], x[1, :3], x[3] = 0.0, 0.0, 0.0
    counts = (x != 0).any(axis=-1)
    spoiled = np.where(counts[..., np.newaxis], y, 1e6)
    model, told = labeller(), labeller()
    off = model.predict(x) - y
    scores = model.evaluate(x, spoiled, return_dict=True)
    assert scores["loss"] == pytest.approx((off[counts] ** 2).mean(), rel=1e-12)
    assert scores["mean_absolute_error"] == pytest.approx(np.abs(off[counts]).mean(), rel=1e-12)
    model.train_on_batch(x, spoiled)
    told.train_on_batch(x, y, counts.astype(float))
    for name, value in told.get_weights().items():
        np.testing.assert_array_equal(model.get_weights()[name], value)


def test_sample_weights_and_masks_multiply():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(3, STEPS, FEATURES)), rng.normal(size=(3, STEPS, 2))
    x[0, 4:] = 0.0
    weight = rng.uniform(0.5, 2.0, 3)
    model = labeller()
    counted = weight[:, np.newaxis] * (x != 0).any(axis=-1)
    errors = ((model.predict(x) - y) ** 2).mean(axis=-1)
    scores = model.evaluate(x, y, sample_weight=weight, return_dict=True)
    assert scores["loss"] == pytest.approx((errors * counted).sum() / counted.sum(), rel=1e-12)


def test_a_saved_and_a_copied_model_mask_alike(tmp_path):
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(4, STEPS, FEATURES)), rng.normal(size=(4, STEPS, 2))
    x[:, 3:] = 0.0
    model = labeller()
    model.save(tmp_path / "model")
    scores = model.evaluate(x, y, return_dict=True)
    for again in (
        load_model(tmp_path / "model", backend="reference"),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),  # noqa: S301  its own
    ):
        np.testing.assert_array_equal(again.predict(x), model.predict(x))
        again.compile(SGD(0.1), "mse", metrics=["mae"])
        assert again.evaluate(x, y, return_dict=True) == scores
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


def test_a_model_called_on_other_tensors_masks_them():
    inner = model_of(STEPS, layers.GRU(4))
    x = Input((STEPS, FEATURES))
    outer = Model(x, inner(x), backend="reference")
    data = np.random.default_rng(1).normal(size=(2, STEPS, FEATURES))
    data[:, :2] = 0.0
    np.testing.assert_array_equal(outer.predict(data), inner.predict(data))


def test_a_mask_may_be_given_as_an_input():
    x, mask = Input((STEPS, FEATURES), name="x"), Input((STEPS,), name="mask")
    states = layers.LSTM(4, return_sequences=True)(x, mask=mask)
    model = Model([x, mask], layers.Dense(2)(states), backend="reference", seed=1)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(3)
    data, y = rng.normal(size=(2, STEPS, FEATURES)), rng.normal(size=(2, STEPS, 2))
    counts = np.array([[1, 1, 0, 1, 0, 0], [0, 1, 1, 1, 1, 1]])
    error = ((model.predict([data, counts]) - y) ** 2).mean(axis=-1)
    loss = model.evaluate([data, counts], y, return_dict=True)["loss"]
    assert loss == pytest.approx((error * counts).sum() / counts.sum(), rel=1e-12)


def test_layers_pass_stop_and_join_masks():
    x, y = Input((STEPS, FEATURES)), Input((STEPS, FEATURES))
    masked, other = layers.Masking()(x), layers.Masking(2.0)(y)
    for passing in (
        layers.Dense(2),
        layers.Activation("relu"),
        layers.Dropout(0.5),
        layers.LayerNormalization(),
        layers.TimeDistributed(layers.Dense(2)),
        layers.Rescaling(2.0),
    ):
        assert passing(masked).mask is masked.mask
    assert layers.LSTM(2)(masked).mask is None
    assert layers.GlobalAveragePooling1D()(masked).mask is None
    with pytest.warns(UserWarning, match="Flatten: takes no mask: from here on every step counts"):
        assert layers.Flatten()(masked).mask is None
    assert layers.Add()([masked, x]).mask is None
    assert layers.Add()([masked, masked]).mask is masked.mask
    joined = layers.Add()([masked, other])
    model = Model([x, y], joined, backend="reference")
    model.compile("sgd", "mse")
    a, b = np.ones((1, STEPS, FEATURES)), np.ones((1, STEPS, FEATURES))
    a[:, :2], b[:, 1:4] = 0.0, 2.0
    target = np.where(np.arange(STEPS) == 1, 1e3, a[0, :, 0] + b[0, :, 0] * (b[0, :, 0] != 2))
    loss = model.evaluate([a, b], np.repeat(target[None, :, None], 3, axis=2), return_dict=True)
    assert loss["loss"] == 0.0


def test_along_time_masks_lie_side_by_side():
    x, y = Input((2, FEATURES)), Input((3, FEATURES))
    tensors = [layers.Masking()(x), layers.Masking()(y)]
    joined = layers.Concatenate(axis=1)(tensors)
    model = Model([x, y], layers.GRU(4)(joined), backend="reference")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(1, 2, FEATURES)), rng.normal(size=(1, 3, FEATURES))
    a[:, 1:], b[:, :1] = 0.0, 0.0
    short = Sequential([Input((3, FEATURES)), layers.GRU(4)], backend="reference")
    short.set_weights({k: v for k, v in model.get_weights().items() if k.startswith("gru")})
    kept = np.concatenate([a[:, :1], b[:, 1:]], axis=1)
    np.testing.assert_array_equal(model.predict([a, b]), short.predict(kept))
    with pytest.raises(ValueError, match="along time needs a mask of every tensor, or of none"):
        layers.Concatenate(axis=1)([tensors[0], y])


def test_masking_by_hand():
    model = Sequential([Input((3, 2)), layers.Masking(5.0)], backend="reference")
    x = np.array([[[5.0, 5.0], [5.0, 1.0], [0.0, 0.0]]])
    np.testing.assert_array_equal(model.predict(x), [[[0.0, 0.0], [5.0, 1.0], [0.0, 0.0]]])


def test_a_mean_of_nothing_is_zero():
    model = Sequential(
        [Input((3, 2)), layers.Masking(), layers.GlobalAveragePooling1D()], backend="reference"
    )
    x = np.array([[[0.0, 0.0]] * 3, [[1.0, 2.0], [0.0, 0.0], [3.0, -2.0]]])
    np.testing.assert_array_equal(model.predict(x), [[0.0, 0.0], [2.0, 0.0]])


def test_check_layer_takes_the_new_layers():
    assert check_layer(layers.Masking, (4, 3))["x"] <= 1e-5
    assert check_layer(layers.NotEqual(0.5), (4, 3)) == {"x": 0.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LSTM(2)(Input((4, 3)), mask=Input((5,))), r"each step, \(4,\) of float32"),
        (lambda: layers.Masking(np.inf), "mask_value must be a finite number"),
        (lambda: layers.Masking()(Input((3,))), "needs a sequence"),
        (
            lambda: layers.Embedding(4, 2, mask_zero=True)(Input((2, 3), dtype="int32")),
            "mask_zero needs one integer a step",
        ),
        (lambda: layers.Embedding(4, 2, mask_zero=1), "mask_zero must be"),
        (lambda: layers.NotEqual(0.5, integers=True), "value must be an integer"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_mask_from_inside_the_network_is_refused_where_losses_need_it():
    x = Input((4, 3))
    hidden = layers.Masking(name="late")(layers.Dense(3, "relu")(x))
    model = Model(x, layers.Dense(1)(hidden), backend="reference")
    with pytest.raises(ValueError, match="its mask must follow from the inputs, .* one of Dense"):
        model.compile("sgd", "mse")


def test_a_layer_is_shared_between_masked_calls_alone():
    shared, x = layers.GRU(2), Input((4, 3))
    shared(layers.Masking()(x))
    with pytest.raises(ValueError, match="is shared: every call needs the shapes"):
        shared(x)


@pytest.mark.parametrize(
    "make",
    [
        layers.Attention,
        layers.AdditiveAttention,
        lambda: layers.MultiHeadAttention(2, 3),
        lambda: layers.MultiHeadAttention(1, 2, use_causal_mask=True),
    ],
)
def test_attention_does_not_see_masked_keys(make):
    rng = np.random.default_rng(5)
    sequences, y = rng.normal(size=(3, 4, FEATURES)), rng.normal(size=3)
    moved = []
    for after in (0, 3):
        x = Input((4 + after, FEATURES))
        masked = layers.Masking()(x)
        hidden = make()([masked, masked])
        assert hidden.mask is masked.mask
        pooled = layers.GlobalAveragePooling1D()(hidden)
        model = Model(x, layers.Dense(1)(pooled), backend="reference", seed=2)
        model.compile(SGD(0.1), "mse")
        model.train_on_batch(np.pad(sequences, ((0, 0), (0, after), (0, 0))), y)
        moved.append(model.get_weights())
    for name, value in moved[0].items():
        np.testing.assert_allclose(moved[1][name], value, rtol=1e-11, atol=1e-14)
