"""A device with memory of its own: the data set lies there, and steps are read late.

The cpu back end pretends to be such a device, and must then train to the same bytes.
"""

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import Input, Model, callbacks, layers, losses, optimizers
from halflight.nn.class_weights import ClassWeighted, IndexedClassWeighted
from halflight.nn.data import naming
from halflight.nn.loader import Loader, fits
from halflight.nn.sources import ArraySource
from halflight.nn.training import loader_of

SAMPLES = 23


@pytest.fixture
def device(monkeypatch):
    """Call it, and the cpu back end has memory of its own, of so many bytes."""

    def pretend(free=1 << 30):
        monkeypatch.setattr(kernels.load("cpu"), "ASYNCHRONOUS", True)
        monkeypatch.setattr(kernels.load("cpu"), "free_memory", lambda: free)

    return pretend


def stamps():
    """Images with an odd one out, a view of their PSF, and targets that the images know."""
    rng = np.random.Generator(np.random.Philox(key=[44, 1]))
    image = rng.standard_normal((SAMPLES + 4, 8, 8, 1), np.float32)
    psf = rng.standard_normal((SAMPLES + 4, 5, 5, 1), np.float32)
    target = image[:, :4].mean(axis=(1, 2))
    return {"image": image, "psf": psf}, target.astype(np.float32)


def source(**options):
    inputs, target = stamps()
    settings = {"rows": np.arange(4, SAMPLES + 4), "batch_size": 8, "shuffle": True, "seed": 5}
    return ArraySource(inputs, target, **settings | options)


def radius_model():
    image, psf = Input((8, 8, 1), name="image"), Input((5, 5, 1), name="psf")
    x = layers.Conv2D(4, 3, kernel_regularizer="l2")(image)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    x = layers.Concatenate()([x, layers.Flatten()(psf)])
    x = layers.Dropout(0.2)(x)
    model = Model([image, psf], layers.Dense(2, kernel_constraint="max_norm")(x), seed=3)
    model.compile(
        optimizers.AdamW(0.01, global_clipnorm=0.5), "gaussian_nll", ["mean_absolute_error"]
    )
    return model


def trained(model, *args, **kwargs):
    history = model.fit(*args, epochs=3, **kwargs)
    return list(history), model.get_weights()


def assert_same(first, second):
    assert first[0] == second[0]
    for name, value in first[1].items():
        np.testing.assert_array_equal(value, second[1][name], name)


def test_a_data_set_on_the_device_trains_to_the_same_bytes(device):
    batches = source(), source(shuffle=False)
    host = trained(radius_model(), batches[0], validation_data=batches[1])
    device()
    model = radius_model()
    assert loader_of(model.compiled(), batches[0]).on_device
    assert_same(host, trained(model, batches[0], validation_data=batches[1]))


def test_it_is_copied_in_parts(device, monkeypatch):
    host = trained(radius_model(), source())
    device()
    monkeypatch.setattr(
        "halflight.nn.device_dataset.CHUNK", 500
    )  # five samples of 64 + 25 + 1 + 1 values
    assert_same(host, trained(radius_model(), source()))


def test_what_does_not_fit_is_staged(device):
    host = trained(radius_model(), source())
    device(free=9000)
    model = radius_model()
    assert not loader_of(model.compiled(), source()).on_device
    assert_same(host, trained(model, source()))


def two_headed():
    """Segmentation with a value for each of 4 positions, and a class; weights of both kinds."""
    x = row = Input((4, 3), name="row")
    positions = layers.Dense(1, name="positions")(x)
    label = layers.Dense(3, name="label")(layers.Flatten()(x))
    model = Model(row, [positions, label], seed=2)
    model.compile(
        "sgd",
        ["mse", losses.SparseCategoricalCrossentropy(from_logits=True)],
        [["mean_absolute_error"], ["accuracy"]],
        [0.5, 2.0],
    )
    return model


def test_several_outputs_and_masks(device):
    rng = np.random.Generator(np.random.Philox(key=[44, 2]))
    x = rng.standard_normal((SAMPLES, 4, 3), np.float32)
    targets = [rng.standard_normal((SAMPLES, 4, 1)), rng.integers(0, 3, SAMPLES)]
    weights = [rng.integers(0, 2, (SAMPLES, 4)).astype(float), rng.random(SAMPLES)]
    host = trained(two_headed(), x, targets, sample_weight=weights, batch_size=6)
    device()
    assert_same(host, trained(two_headed(), x, targets, sample_weight=weights, batch_size=6))


def test_class_weights(device):
    rng = np.random.Generator(np.random.Philox(key=[44, 3]))
    x, y = rng.standard_normal((SAMPLES, 3)), rng.integers(0, 2, SAMPLES)

    def classifier():
        row = Input((3,))
        model = Model(row, layers.Dense(1, activation="sigmoid")(row), seed=2)
        model.compile("sgd", "binary_crossentropy")
        return trained(model, x, y, class_weight={0: 0.25, 1: 3.0}, batch_size=6)

    host = classifier()
    device()
    assert_same(host, classifier())
    rows = ArraySource(x, y, batch_size=6, shuffle=True)
    weighted = IndexedClassWeighted(rows, {0: 0.25}, (1,))
    whole = ClassWeighted(rows, {0: 0.25}, (1,)).batches(1)
    for numbers, given in zip(weighted.index_batches(1), whole, strict=True):
        for part, expected in zip(weighted.samples(numbers), given, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_integers_stay_on_the_host(device):
    device()
    words = Input((5,), dtype="int32")
    model = Model(words, layers.Dense(1)(layers.Flatten()(layers.Embedding(9, 2)(words))))
    model.compile("sgd", "mse")
    arrays = ArraySource(np.zeros((4, 5), int), np.zeros(4), batch_size=2, shuffle=False)
    assert not loader_of(model.compiled(), arrays).on_device
    rules = model.objective.rules
    assert not fits(model.kernels, rules, 4)


def test_what_fits_is_counted_in_bytes(device):
    model = two_headed()
    needed = 4 * 100 * (12 + 4 * (1 + 1) + 1 + 1)  # an input, targets and weights of two outputs
    device(free=4 * needed)
    assert fits(model.kernels, model.objective.rules, 100)
    assert not fits(model.kernels, model.objective.rules, 101)


def test_wrong_samples_are_named(device):
    device()
    inputs, target = stamps()
    inputs["psf"][9, 2, 2] = np.nan
    batches = ArraySource(inputs, target, rows=np.arange(20), batch_size=4, shuffle=True)
    with pytest.raises(ValueError, match=r"samples 0 to 19: input 'psf': .* 1 NaN"):
        Loader(kernels.load("cpu"), radius_model().objective.rules, batches)


def test_a_batch_without_weight_changes_nothing_on_a_device_either(device):
    device()
    row = Input((3,))
    model = Model(row, layers.Dense(1)(row))
    model.compile("sgd", "mse")
    weight = np.repeat([1.0, 0.0], 5)
    model.fit(np.ones((10, 3)), np.ones(10), sample_weight=weight, batch_size=5, shuffle=False)
    assert model.optimizer.iterations == 1


def test_naming_keeps_the_cause():
    with pytest.raises(ValueError, match="here: wrong") as raised, naming("here"):
        raise ValueError("wrong")
    assert str(raised.value.__cause__) == "wrong"


class Looking(callbacks.Callback):
    """Looks at some steps, and remembers what it saw."""

    def __init__(self, every):
        self.every, self.seen = every, []

    def on_train_batch_end(self, batch, logs):
        if batch % self.every == 0:
            self.seen.append((batch, dict(logs)))


def test_callbacks_see_the_same_when_they_look(device):
    seen = []
    for _ in range(2):
        looking = Looking(2)
        radius_model().fit(source(), epochs=2, callbacks=[looking])
        seen.append(looking.seen)
        device()
    assert seen[0] == seen[1]
    assert [number for number, _ in seen[0]] == [0, 2, 0, 2]


class Keeping(callbacks.Callback):
    """Keeps the logs, and looks at them when all is over."""

    def __init__(self):
        self.kept = []

    def on_train_batch_end(self, batch, logs):
        self.kept.append(logs)


def test_logs_that_are_kept_stay_those_of_their_step(device):
    seen = []
    for _ in range(2):
        keeping = Keeping()
        radius_model().fit(source(), callbacks=[keeping])
        seen.append([dict(logs) for logs in keeping.kept])
        device()
    assert seen[0] == seen[1]
    assert len({logs["loss"] for logs in seen[0]}) == 3


def exploding():
    """Targets of which the 15th overflows, in batches of 4."""
    x, y = np.ones((32, 2), np.float32), np.ones((32, 1), np.float32)
    y[14] = 3e38
    row = Input((2,))
    x_normal = layers.BatchNormalization()(row)
    model = Model(row, layers.Dense(1)(x_normal), seed=2)
    model.compile(optimizers.Nadam(0.01, use_ema=True, clipnorm=1.0), "mse")
    return model, (x, y)


@pytest.mark.parametrize("late", [False, True])
def test_a_failed_step_and_those_after_it_change_nothing(device, late):
    before, data = exploding()
    before.fit(data[0][:12], data[1][:12], batch_size=4, shuffle=False)  # three good steps
    model, _ = exploding()
    if late:
        device()
    guard = callbacks.TerminateOnNaN()
    model.fit(*data, batch_size=4, shuffle=False, callbacks=[guard])
    assert guard.stopped_at == (0, 3)
    assert model.optimizer.iterations == before.optimizer.iterations == 3
    for name, value in before.get_weights().items():
        np.testing.assert_array_equal(model.get_weights()[name], value, name)
    for name, value in before.optimizer.get_state().items():
        np.testing.assert_array_equal(model.optimizer.get_state()[name], value, name)
    with pytest.raises(FloatingPointError, match="epoch 0, batch 3: the loss is inf"):
        model.fit(*data, batch_size=4, shuffle=False)
    history = model.fit(data[0][:12], data[1][:12], batch_size=4, shuffle=False)
    assert np.isfinite(history[0]["loss"])  # a later training goes on


def test_a_callback_that_looks_ends_the_epoch_at_once(device):
    device()
    model, data = exploding()
    looking, guard = Looking(1), callbacks.TerminateOnNaN()
    model.fit(*data, batch_size=4, shuffle=False, callbacks=[looking, guard])
    assert len(looking.seen) == 4
    assert [logs["finite"] for _, logs in looking.seen] == [True, True, True, False]
    assert looking.seen[-1][1]["mean_loss"] == np.inf
    assert set(looking.seen[0][1]) == {"loss", "mean_loss", "finite"}
    with pytest.raises(KeyError):
        looking.seen[0][1]["accuracy"]
