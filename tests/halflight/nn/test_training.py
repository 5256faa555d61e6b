"""Training: it learns, it is deterministic, and freezing, weights and errors do what they say."""

import os
import subprocess
import sys

import numpy as np
import pytest

from halflight.nn import (
    ArraySource,
    Input,
    Model,
    Sequential,
    callbacks,
    layers,
    losses,
    metrics,
    optimizers,
)

BACKENDS = pytest.mark.parametrize("backend", ["reference", "cpu"])


@BACKENDS
def test_xor(backend):
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    model = Sequential(
        [Input((2,)), layers.Dense(8, activation="tanh"), layers.Dense(1)], backend=backend
    )
    loss, accuracy = (
        losses.BinaryCrossentropy(from_logits=True),
        metrics.BinaryAccuracy(threshold=0.0),
    )
    model.compile(optimizers.Adam(0.05), loss, [accuracy])
    history = model.fit(x, y, batch_size=4, epochs=150)
    assert history[-1]["binary_accuracy"] == 1.0
    assert history[-1]["loss"] < 0.05
    assert ((model.predict(x)[:, 0] > 0) == y).all()


def test_gaussian_nll_learns_mean_and_deviation(regression):
    x, y = regression
    model = Sequential(
        [Input((2,)), layers.Dense(32, activation="tanh"), layers.Dense(2)], backend="reference"
    )
    model.compile(optimizers.Adam(0.02), "gaussian_nll", ["root_mean_squared_error"])
    model.fit(x, y, epochs=150)
    prediction = model.predict(x)
    deviation = np.exp(0.5 * prediction[:, 1])
    assert 0.07 < np.median(deviation) < 0.14
    pulls = (y - prediction[:, 0]) / deviation
    assert 0.8 < pulls.std() < 1.2
    assert model.evaluate(x, y)["root_mean_squared_error"] < 0.14


def small_model(backend="reference", seed=0):
    x = Input((2,))
    h = layers.Dense(6, name="body_a")(x)
    h = layers.BatchNormalization(name="body_norm")(h)
    h = layers.Dropout(0.2, name="body_dropout")(layers.ReLU(name="body_relu")(h))
    model = Model(x, layers.Dense(1, name="head")(h), backend=backend, seed=seed)
    model.compile("adam", "mse", ["mae"])
    return model


@BACKENDS
def test_the_same_seed_gives_the_same_bytes(backend, regression):
    def train(seed, shuffle_seed=0):
        model = small_model(backend, seed)
        history = model.fit(*regression, epochs=2, seed=shuffle_seed)
        return history, {name: value.tobytes() for name, value in model.get_weights().items()}

    assert train(1) == train(1)
    assert train(1) != train(2)
    assert train(1) != train(1, 5)


def test_the_number_of_threads_changes_no_byte(tmp_path):
    script = (
        "import hashlib, sys, numpy as np\n"
        "from halflight.nn import presets\n"
        "rng = np.random.default_rng(0)\n"
        "x = {'image': rng.normal(size=(40, 24, 24, 1)), 'psf': rng.normal(size=(40, 9, 9, 1))}\n"
        "m = presets.build('radius_net', image_shape=(24, 24, 1), psf_shape=(9, 9, 1),\n"
        "                  filters=(4, 8))\n"
        "m.compile('adamw', 'gaussian_nll')\n"
        "m.fit(x, rng.normal(size=40), batch_size=16, epochs=2)\n"
        "m.save_weights(sys.argv[1])\n"
    )
    written = []
    for threads in ("1", "2"):
        path = tmp_path / f"{threads}.safetensors"
        environment = os.environ | {"NUMBA_NUM_THREADS": threads}
        subprocess.run([sys.executable, "-c", script, path], env=environment, check=True)
        written.append(path.read_bytes())
    assert written[0] == written[1]


@BACKENDS
def test_frozen_layers_keep_their_bytes(backend, regression):
    model = small_model(backend)
    model.fit(*regression)
    before = {name: value.tobytes() for name, value in model.get_weights().items()}
    model.freeze("body_*")
    model.fit(*regression)
    after = {name: value.tobytes() for name, value in model.get_weights().items()}
    for name in before:
        assert (before[name] == after[name]) == name.startswith("body_"), name
    model.get_layer("body_a").trainable = True  # as in Keras; `fit` takes note of it
    model.fit(*regression)
    assert model.get_weights()["body_a/kernel"].tobytes() != after["body_a/kernel"]
    assert model.get_weights()["body_norm/moving_mean"].tobytes() == after["body_norm/moving_mean"]


def test_sample_weights_are_repeats(regression):
    x, y = regression[0][:4], regression[1][:4]
    weight = np.array([1, 2, 3, 1])
    weighted = small_model().evaluate(x, y, sample_weight=weight, return_dict=True)
    rows = np.repeat(x, weight, axis=0), np.repeat(y, weight)
    repeated = small_model().evaluate(*rows, return_dict=True)
    assert weighted == pytest.approx(repeated)


def test_the_record_of_an_epoch(regression):
    x, y = regression
    model = small_model()
    history = model.fit(x, y, epochs=2, validation_data=(x, y, np.ones(len(y))))
    assert list(history[0]) == [
        "epoch",
        "loss",
        "mean_absolute_error",
        "learning_rate",
        "val_loss",
        "val_mean_absolute_error",
    ]
    assert history.column("epoch") == [0, 1]
    assert history[1]["val_loss"] == model.evaluate(x, y)["loss"]
    assert np.isnan(history.column("nothing")).all()
    assert model.fit(x, y, epochs=5, initial_epoch=3).column("epoch") == [3, 4]


def test_a_batch_source_trains_evaluates_and_predicts(regression):
    x, y = regression
    source = ArraySource({"input_layer": x}, y, batch_size=32, shuffle=True)
    by_source, by_arrays = small_model(), small_model()
    assert by_source.fit(source, validation_data=source) != []
    by_arrays.fit(x, y, validation_data=(x, y))
    for name, value in by_source.get_weights().items():
        np.testing.assert_array_equal(value, by_arrays.get_weights()[name])
    order = np.concatenate([inputs["input_layer"] for inputs, _, _ in source.batches(0)])
    np.testing.assert_allclose(by_source.predict(source), by_source.predict(order))


class Broken:
    """A source that yields fewer batches than it promises."""

    steps = 3

    def batches(self, epoch):
        yield np.zeros((4, 2)), np.zeros(4)


def test_errors_of_fit(regression):
    x, y = regression
    model = small_model()
    with pytest.raises(ValueError, match="promised 3 batches .* yielded 1"):
        model.fit(Broken())
    with pytest.raises(ValueError, match=r"epoch 0, batch 0: input .*received \(32, 3"):
        model.fit(np.zeros((64, 3)), np.zeros(64))
    model.freeze("*")
    with pytest.raises(ValueError, match="nothing to train"):
        model.fit(x, y)
    with pytest.raises(ValueError, match=r"call compile\(\) first"):
        Sequential([Input((2,)), layers.Dense(1)], backend="reference").fit(x, y)
    with pytest.raises(ValueError, match="no layer matches 'trunk_.' *; the layers are .*body_a"):
        model.freeze("trunk_?")


def diverging():
    model = small_model("cpu")
    model.compile(optimizers.SGD(1e25), "mse")
    return model


def test_divergence_is_an_error_and_leaves_finite_weights(regression):
    model = diverging()
    with pytest.raises(FloatingPointError, match="TerminateOnNaN"):
        model.fit(*regression, epochs=3)
    assert all(np.isfinite(value).all() for value in model.get_weights().values())


def test_terminate_on_nan_stops_at_the_step(regression, capsys):
    model = diverging()

    class Watch(callbacks.Callback):
        before = None

        def on_train_batch_begin(self, batch):
            self.before = model.get_weights()

    watch, guard = Watch(), callbacks.TerminateOnNaN()
    history = model.fit(*regression, epochs=3, callbacks=[watch, guard])
    assert history == []
    assert guard.stopped_at is not None
    assert "not finite" in capsys.readouterr().err
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(value, watch.before[name])
        assert np.isfinite(value).all()
