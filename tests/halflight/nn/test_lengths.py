"""Sequences whose length varies from batch to batch: Input((None, k))."""

import copy
import pickle

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, load_model
from halflight.nn.optimizers import SGD

FEATURES = 3


def recurrent(length):
    x = Input((length, FEATURES))
    h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Masking()(x))
    return x, layers.GRU(4, recurrent_dropout=0.2)(layers.TimeDistributed(layers.Dense(3))(h))


def convolutions(length):
    x = Input((length, FEATURES))
    h = layers.Conv1D(4, 3, padding="same", strides=2, activation="relu")(x)
    h = layers.BatchNormalization()(layers.MaxPooling1D(2)(layers.ZeroPadding1D(2)(h)))
    h = layers.Concatenate()([h, layers.Conv1D(2, 1)(h)])
    both = [layers.GlobalAveragePooling1D()(h), layers.GlobalMaxPooling1D()(h)]
    return x, layers.Concatenate()(both)


def words(length):
    x = Input((length,), dtype="int32")
    h = layers.Embedding(7, 4, mask_zero=True)(x)
    h = layers.MultiHeadAttention(2, 2)([h, h])
    return x, layers.SimpleRNN(4)(layers.LayerNormalization()(h))


def states(length):
    x = Input((length, FEATURES))
    h, *ends = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    return x, layers.LSTM(4)(h, initial_state=[layers.Dense(4)(end) for end in ends])


MODELS = {"recurrent": recurrent, "convolutions": convolutions, "words": words, "states": states}
every_model = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


def model_of(build, length, seed=3):
    x, h = build(length)
    return Model(x, layers.Dense(1)(h), backend="reference", seed=seed)


def data_of(model, length, samples=4):
    rng = np.random.default_rng(length)
    if model.inputs[0].dtype == "int32":
        return rng.integers(0, 7, (samples, length))
    return rng.normal(size=(samples, length, FEATURES))


@every_model
def test_every_length_gives_what_a_model_of_that_length_does(build):
    """Values, and weights after training on batches of several lengths."""
    free = model_of(build, None)
    free.compile(SGD(0.1), "mse")
    lengths = (5, 9, 5, 12)
    batches = [(data_of(free, n), np.full((4, 1), 0.3)) for n in lengths]
    free.fit(iter(batches), steps_per_epoch=len(batches), verbose=0)
    known = {}
    for number, (x, y) in enumerate(batches):  # one model a length, the weights handed on
        fixed = model_of(build, x.shape[1])
        fixed.compile(SGD(0.1), "mse")
        if known:
            fixed.set_weights(known)
        fixed.optimizer.iterations = number
        fixed.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        known = fixed.get_weights()
    assert free.get_weights().keys() == known.keys()
    for name, value in free.get_weights().items():
        np.testing.assert_allclose(value, known[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for length in (12, 6):
        fixed = model_of(build, length)
        fixed.set_weights(known)
        x = data_of(free, length)
        np.testing.assert_allclose(free.predict(x), fixed.predict(x), rtol=1e-9)


@every_model
def test_saving_copies_and_summary(build, tmp_path):
    model = model_of(build, None)
    x = data_of(model, 8)
    expected = model.predict(x)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    assert again.input_shapes == model.input_shapes
    for each in (again, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        np.testing.assert_array_equal(each.predict(x), expected)
        assert each.predict(data_of(model, 11)).shape == (4, 1)
    lines = []
    model.summary(lines.append)
    assert "(batch, None" in lines[0]
    assert "vary with the lengths" in lines[0]
    assert "None" in repr(model)
    with pytest.raises(ValueError, match="lengths that vary"):
        model.flops()


def test_shapes_of_tensors_tell_what_varies():
    x = Input((None, 2))
    assert layers.Conv1D(4, 3)(x).shape == (None, 4)
    assert layers.LSTM(4)(x).shape == (4,)
    assert layers.Flatten()(x).shape == (None,)
    assert layers.Reshape((-1, 1))(x).shape == (None, 1)
    assert layers.UpSampling1D(3)(x).shape == (None, 2)
    image = Input((None, None, 1))
    assert layers.MaxPooling2D()(layers.Conv2D(4, 3)(image)).shape == (None, None, 4)


def test_a_target_a_step_and_weights():
    x = Input((None, 2))
    model = Model(x, layers.Dense(1)(layers.GRU(4, return_sequences=True)(x)), seed=1)
    model.compile("adam", "mse", metrics=["mae"])
    rng = np.random.default_rng(0)

    def batches():
        for length in (4, 7, 5):
            yield rng.normal(size=(3, length, 2)), rng.normal(size=(3, length)), np.ones(3)

    history = model.fit(batches(), steps_per_epoch=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    found = model.predict(rng.normal(size=(2, 6, 2)))
    assert found.shape == (2, 6, 1)
    with pytest.raises(ValueError, match=r"has 4 row\(s\) a sample.*received targets of 5"):
        model.train_on_batch(np.zeros((2, 4, 2)), np.zeros((2, 5)))


def test_prediction_of_a_generator_and_outputs_of_other_lengths():
    x = Input((None, 2))
    steps = layers.Conv1D(1, 1, name="steps")(x)
    model = Model(x, layers.GlobalAveragePooling1D()(steps), backend="reference")
    data = [np.random.default_rng(n).normal(size=(2, n, 2)) for n in (3, 5)]
    found = model.predict(iter(data))
    np.testing.assert_array_equal(found, np.concatenate([model.predict(each) for each in data]))
    with pytest.raises(ValueError, match="'steps' must have one shape.*predict batch by batch"):
        Model(x, steps, backend="reference").predict(iter(data))


def test_encoder_and_decoder_of_their_own_lengths():
    said, asked = Input((None, 2), name="said"), Input((None, 1), name="asked")
    _, *ends = layers.GRU(5, return_state=True)(said)
    hidden = layers.GRU(5, return_sequences=True)(asked, initial_state=ends)
    model = Model([said, asked], layers.Dense(1)(hidden), seed=1)
    for first, second in ((4, 6), (7, 2), (4, 6)):
        data = [np.ones((2, first, 2)), np.ones((2, second, 1))]
        assert model.predict(data).shape == (2, second, 1)


def test_sequential_with_a_length_that_varies():
    model = Sequential([layers.LSTM(3, input_shape=(None, 2)), layers.Dense(1)])
    assert model.input_shapes == [(None, 2)]
    assert model.predict(np.zeros((2, 9, 2))).shape == (2, 1)
    assert model.predict(np.zeros((2, 4, 2))).shape == (2, 1)


def test_refusals_name_the_layer_and_what_to_do():
    x = Input((None, 2))
    needs = "needs a length that all batches share: give Input a whole number"
    with pytest.raises(ValueError, match=f"Dense 'head': its kernel {needs}"):
        layers.Dense(2, name="head")(layers.Flatten()(x))
    with pytest.raises(ValueError, match=needs):
        layers.LayerNormalization(axis=1)(x)
    with pytest.raises(ValueError, match="positive integers, or None"):
        Input((0, 2))
    shared, other = layers.GRU(2), Input((None, 2))
    model = Model([x, other], layers.Add()([shared(x), shared(other)]), backend="reference")
    assert model.predict([np.ones((1, 3, 2)), np.ones((1, 3, 2))]).shape == (1, 2)
    with pytest.raises(ValueError, match="GRU 'gru': is shared: in one batch every call"):
        model.predict([np.ones((1, 3, 2)), np.ones((1, 4, 2))])
    with pytest.raises(ValueError, match=r"needs the shape \(batch, None, 2\)"):
        model.predict([np.ones((1, 3, 2)), np.ones((1, 4, 3))])
    flat = Model(x, layers.Flatten()(x))
    with pytest.raises(ValueError, match="the output's lengths must not vary"):
        flat.compile("sgd", "mse")
    pooled = Model(x, layers.Conv1D(1, 4)(x), backend="reference")
    with pytest.raises(ValueError, match="Conv1D 'conv1d'"):
        pooled.predict(np.ones((1, 3, 2)))
