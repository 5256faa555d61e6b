"""Graphs of any form: several outputs, models inside models, shared weights, new heads."""

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, load_model
from halflight.nn.weights import WeightsError

RNG = np.random.default_rng(5)
X = RNG.normal(size=(12, 6))
Y = RNG.normal(size=(12, 2))


def two_outputs(**options):
    """An output in the middle that the other output reads, too."""
    inputs = Input((6,), name="x")
    middle = layers.Dense(2, "tanh", name="middle")(inputs)
    end = layers.Dense(1, name="end")(layers.Dense(4, "tanh", name="hidden")(middle))
    return Model(inputs, [middle, end], backend="reference", **options)


def test_the_loss_of_two_outputs_is_a_weighted_sum():
    model = two_outputs()
    assert model.output_names == ["middle", "end"]
    assert model.output_shapes == [(2,), (1,)]
    with pytest.raises(ValueError, match="see output_shapes"):
        _ = model.output_shape
    model.compile("sgd", {"middle": "mse", "end": "mae"}, loss_weights=[0.25, 3.0])
    target = {"middle": Y, "end": Y[:, 0]}
    weight = {"end": np.arange(1.0, 13.0)}
    logs = model.evaluate(X, target, sample_weight=weight, batch_size=5)
    middle, end = model.predict(X)
    middle_loss = np.mean((middle - Y) ** 2)
    end_loss = np.average(np.abs(end[:, 0] - Y[:, 0]), weights=weight["end"])
    assert logs["middle_loss"] == pytest.approx(middle_loss)
    assert logs["end_loss"] == pytest.approx(end_loss)
    assert logs["loss"] == pytest.approx(0.25 * middle_loss + 3 * end_loss)


def test_gradients_of_two_outputs_add_up(gradient_error):
    model = two_outputs()
    model.compile("sgd", ["mse", "mse"], loss_weights={"middle": 0.5, "end": 2.0})
    target = [Y, Y[:, :1]]
    before = model.get_weights()
    model.train_on_batch(X, target)
    after = model.get_weights()
    model.set_weights(before)

    def value():
        return model.evaluate(X, target, batch_size=12)["loss"]

    for name, weight in model.weights.items():
        gradient = (before[name] - after[name]) / model.optimizer.current_learning_rate()
        assert gradient_error(value, weight.value, gradient) <= 1e-6, name


def test_several_outputs_fit_save_and_load(tmp_path):
    model = two_outputs()
    model.compile("adam", ["mse", "mae"], metrics={"end": ["mse"]})
    history = model.fit(X, [Y, Y[:, 0]], epochs=30, batch_size=4, validation_data=(X, [Y, Y[:, 0]]))
    assert history[-1]["loss"] < history[0]["loss"]
    assert {"loss", "middle_loss", "end_loss", "end_mean_squared_error", "val_middle_loss"} < set(
        history[-1]
    )
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    for got, expected in zip(again.predict(X), model.predict(X), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mse"}, "one entry for each of the outputs"),
        ({"loss": ["mse"]}, "one entry for each of the outputs"),
        ({"loss": {"middle": "mse"}}, r"missing \['end'\], unknown \[\]"),
        ({"loss": {"middle": "mse", "end": "mse", "a": "mse"}}, r"unknown \['a'\]"),
        ({"loss": ["mse", "mse"], "loss_weights": [1.0, -1.0]}, "'end' must be a finite number of"),
        ({"loss": ["mse", "mse"], "metrics": ["mse", "mse", "mse"]}, "metrics needs one entry"),
    ],
)
def test_compile_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        two_outputs().compile("sgd", **arguments)


def test_maps_and_their_masks():
    image = Input((4, 4, 2))
    model = Model(image, layers.Conv2D(2, 1, name="map")(image), backend="reference")
    x, y = RNG.normal(size=(3, 4, 4, 2)), RNG.normal(size=(3, 4, 4, 2))
    mask = np.zeros((3, 4, 4))
    mask[:, 1:3, 2] = 1
    model.compile("sgd", "mse", metrics=["mae"])
    logs = model.evaluate(x, y, sample_weight=mask)
    error = (model.predict(x) - y)[:, 1:3, 2]
    assert logs["loss"] == pytest.approx(np.mean(error**2))
    assert logs["mean_absolute_error"] == pytest.approx(np.mean(np.abs(error)))
    far = y + 100 * (1 - mask)[..., None]
    before = model.get_weights()
    model.fit(x, y, sample_weight=mask, epochs=2, batch_size=3)
    masked = model.get_weights()
    model.set_weights(before)
    model.compile("sgd", "mse")
    model.fit(x, far, sample_weight=mask, epochs=2, batch_size=3)
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(value, masked[name])


def test_class_weights_in_fit_equal_sample_weights():
    labels = (X[:, 0] > 0).astype(float)
    found = []
    for options in ({"class_weight": {1: 3.0}}, {"sample_weight": 1 + 2 * labels}):
        model = Sequential([Input((6,)), layers.Dense(1)], backend="reference", seed=1)
        model.compile("sgd", "mse")
        model.fit(X, labels, epochs=2, **options)
        found.append(model.get_weights()["dense/kernel"])
    np.testing.assert_array_equal(*found)


def test_a_generator_of_batches():
    def forever():
        while True:
            yield X[:4], Y[:4]

    model = Sequential([Input((6,)), layers.Dense(2)], backend="reference")
    model.compile("sgd", "mse")
    history = model.fit(forever(), steps_per_epoch=3, epochs=2)
    assert len(history) == 2
    assert model.optimizer.iterations == 6
    with pytest.raises(ValueError, match=r"promised 5 batches \(at least one\), and yielded 2"):
        model.fit(iter([(X, Y), (X, Y)]), steps_per_epoch=5)


def encoder_and_decoder():
    inputs, code = Input((6,)), Input((2,))
    encoder = Model(inputs, layers.Dense(2, "tanh")(inputs), backend="reference", seed=1)
    decoder = Model(code, layers.Dense(6)(code), backend="reference", seed=2)
    return encoder, decoder


def test_models_are_called_like_layers_and_share_their_weights():
    encoder, decoder = encoder_and_decoder()
    separate = decoder.predict(encoder.predict(X))
    inputs = Input((6,))
    whole = Model(inputs, decoder(encoder(inputs)), backend="reference", seed=3)
    np.testing.assert_array_equal(whole.predict(X), separate)
    assert sorted(whole.get_weights()) == [
        "dense/bias",
        "dense/kernel",
        "dense_1/bias",
        "dense_1/kernel",
    ]
    whole.compile("adam", "mse")
    whole.fit(X, X, epochs=3)
    assert not np.array_equal(whole.predict(X), separate)
    np.testing.assert_allclose(decoder.predict(encoder.predict(X)), whole.predict(X), rtol=1e-14)


def test_a_model_of_several_outputs_is_called():
    model = two_outputs()
    again = Input((6,))
    outputs = model(again)
    assert [tensor.shape for tensor in outputs] == [(2,), (1,)]
    twin = Model(again, outputs, backend="reference")
    for got, expected in zip(twin.predict(X), model.predict(X), strict=True):
        np.testing.assert_array_equal(got, expected)
    with pytest.raises(ValueError, match=r"of the shapes \[\(6,\)\], received \[\(5,\)\]"):
        model(Input((5,)))


def test_the_same_model_twice_in_one_graph():
    encoder, _ = encoder_and_decoder()
    a, b = Input((6,)), Input((6,))
    both = Model([a, b], layers.Add()([encoder(a), encoder(b)]), backend="reference")
    assert both.count_params() == encoder.count_params()
    np.testing.assert_array_equal(both.predict([X, X]), 2 * encoder.predict(X))


def test_a_hidden_output_reads_the_same_weights():
    model = Sequential(
        [Input((6,)), layers.Dense(3, "relu", name="hidden"), layers.Dense(1)], backend="reference"
    )
    features = Model(model.inputs, model.get_layer("hidden").output, backend="reference")
    model.compile("sgd", "mse")
    before = features.predict(X)
    model.fit(X, Y[:, 0])
    assert not np.array_equal(features.predict(X), before)
    assert features.predict(X).shape == (12, 3)


def test_training_a_part_leaves_the_rest_alone():
    encoder, decoder = encoder_and_decoder()
    inputs = Input((6,))
    whole = Model(inputs, decoder(encoder(inputs)), backend="reference")
    encoder.compile("adam", "mse")
    before = whole.get_weights()
    encoder.fit(X, Y)
    after = whole.get_weights()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"dense/kernel", "dense/bias"}


def test_an_optimizer_does_not_outlive_a_move_of_the_weights():
    encoder, decoder = encoder_and_decoder()
    encoder.compile("sgd", "mse")
    encoder.fit(X, Y)
    inputs = Input((6,))
    Model(inputs, decoder(encoder(inputs)), backend="reference")
    with pytest.raises(ValueError, match="compile it again"):
        encoder.fit(X, Y)
    encoder.compile("sgd", "mse")
    encoder.fit(X, Y)


def test_back_ends_do_not_mix():
    encoder, _ = encoder_and_decoder()
    inputs = Input((6,))
    with pytest.raises(ValueError, match="another back end than 'cpu', received 'reference'"):
        Model(inputs, encoder(inputs), backend="cpu")


def test_a_new_head_keeps_the_trunk():
    model = two_outputs()
    new = model.replace_head("hidden", layers.Dense(5, "relu"), layers.Dense(3, name="new"))
    assert new.output_shape == (3,)
    assert [layer.name for layer in new.layers] == ["middle", "hidden", "dense", "new"]
    for name in ("middle/kernel", "hidden/bias"):
        np.testing.assert_array_equal(new.get_weights()[name], model.get_weights()[name])
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        model.replace_head("nothing", layers.Dense(1))
    with pytest.raises(ValueError, match="one or more new layers"):
        model.replace_head("hidden")


def test_a_part_of_a_larger_model_is_saved_with_its_optimizer(tmp_path):
    encoder, decoder = encoder_and_decoder()
    inputs = Input((6,))
    whole = Model(inputs, decoder(encoder(inputs)), backend="reference")
    whole.compile("adam", "mse")
    whole.fit(X, X)
    decoder.compile("adam", "mse")
    code = encoder.predict(X)
    decoder.fit(code, X, epochs=2)
    decoder.save(tmp_path / "decoder")
    again = load_model(tmp_path / "decoder", backend="reference")
    for model in (decoder, again):
        model.fit(code, X, epochs=3, initial_epoch=2)
    np.testing.assert_array_equal(again.predict(code), decoder.predict(code))


def test_loading_into_another_head_says_what_was_loaded(tmp_path):
    def network(units, last):
        return Sequential(
            [Input((6,)), layers.Dense(4, name="trunk"), layers.Dense(units, name=last)],
            backend="reference",
            seed=units,
        )

    file = tmp_path / "weights.safetensors"
    old, wider, other = network(2, "head"), network(3, "head"), network(2, "end")
    old.save_weights(file)
    with pytest.raises(WeightsError, match="head/kernel"):
        wider.load_weights(file)
    report = wider.load_weights(file, skip_mismatch=True)
    assert report.loaded == ("trunk/kernel", "trunk/bias")
    assert report.mismatched == ("head/kernel", "head/bias")
    assert (report.missing, report.unexpected) == ((), ())
    report = other.load_weights(file, skip_mismatch=True)
    assert report.missing == ("end/kernel", "end/bias")
    assert set(report.unexpected) == {"head/kernel", "head/bias"}
    text = str(report)
    assert "loaded 2 weights" in text
    assert "2 in the file alone, not loaded: head/" in text
    np.testing.assert_array_equal(
        other.get_weights()["trunk/kernel"], old.get_weights()["trunk/kernel"]
    )
    stranger = Sequential([Input((1,)), layers.Dense(1)], backend="reference")
    with pytest.raises(WeightsError, match="they share no weight by name and shape"):
        stranger.load_weights(file, skip_mismatch=True)
    assert len(old.load_weights(file).loaded) == 4


def test_nothing_is_allocated_before_it_is_needed():
    huge = Sequential([Input((10**6,)), layers.Dense(10**6)], backend="cpu")
    assert huge.count_params() == 10**12 + 10**6
    lines = []
    huge.summary(lines.append)
    assert "1,000,001,000,000" in lines[0]
