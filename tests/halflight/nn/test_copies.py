"""Copies: of models, layers, optimizers and callbacks, that go on as the original would."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest

from halflight.nn import (
    Input,
    Model,
    Sequential,
    callbacks,
    layers,
    load_model,
    losses,
    metrics,
    optimizers,
    schedules,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(40, 8, 8, 1)).astype(np.float32)
TARGET = IMAGES.mean(axis=(1, 2, 3))


def by_joblib(thing):
    stream = io.BytesIO()
    joblib.dump(thing, stream)
    stream.seek(0)
    return joblib.load(stream)


WAYS = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),  # noqa: S301  our own bytes
    "pickle 2": lambda thing: pickle.loads(pickle.dumps(thing, 2)),  # noqa: S301
    "joblib": by_joblib,
}
every_way = pytest.mark.parametrize("copied", WAYS.values(), ids=WAYS)


def model(backend="cpu", **options):
    image = Input((8, 8, 1), name="image")
    x = layers.Conv2D(4, 3, use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    stack = Model(image, layers.Dense(1)(x), backend=backend, seed=3)
    options.setdefault("learning_rate", schedules.CosineDecay(0.01, 20))
    stack.compile(
        optimizers.AdamW(weight_decay=0.01, use_ema=True, global_clipnorm=1.0, **options),
        losses.Huber(0.5),
        metrics=["mae", metrics.R2Score()],
    )
    return stack


def train(stack, epochs=2, first=0):
    return stack.fit(IMAGES, TARGET, epochs=epochs, batch_size=16, initial_epoch=first)


def saved(stack, folder):
    stack.save(folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@every_way
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_a_copy_trains_on_to_the_same_bytes_and_saves_them(copied, backend, tmp_path):
    stack = model(backend)
    train(stack)
    again = copied(stack)
    assert saved(again, tmp_path / "a") == saved(stack, tmp_path / "b")
    histories = [train(either, 4, first=2) for either in (again, stack)]
    assert histories[0] == histories[1]
    files = [saved(either, tmp_path / name) for either, name in ((again, "c"), (stack, "d"))]
    assert files[0] == files[1]
    assert again.evaluate(IMAGES, TARGET) == stack.evaluate(IMAGES, TARGET)


@every_way
def test_a_copy_that_trains_changes_nothing_of_the_original(copied):
    stack = model()
    train(stack, 1)
    before, answer = stack.get_weights(), stack.predict(IMAGES)
    train(copied(stack), 3, first=1)
    for name, value in stack.get_weights().items():
        np.testing.assert_array_equal(value, before[name])
    np.testing.assert_array_equal(stack.predict(IMAGES), answer)


@every_way
def test_a_copy_of_a_model_without_weights_yet_draws_the_same(copied):
    again, stack = copied(model()), model()
    np.testing.assert_array_equal(again.predict(IMAGES), stack.predict(IMAGES))
    uncompiled = copied(Sequential([Input((3,)), layers.Dense(2)]))
    with pytest.raises(ValueError, match=r"call compile\(\) first"):
        uncompiled.fit(np.ones((4, 3)), np.ones((4, 2)))


@every_way
def test_a_rate_that_was_set_in_training_is_kept(copied, tmp_path):
    stack = model(learning_rate=0.01)
    train(stack)
    stack.optimizer.learning_rate = 0.002
    again = copied(stack)
    assert saved(again, tmp_path / "a") == saved(stack, tmp_path / "b")
    again.save(tmp_path / "c")
    assert load_model(tmp_path / "c").optimizer.current_learning_rate() == 0.002


@every_way
def test_models_that_share_layers_are_copied_together(copied):
    stack = model()
    train(stack, 1)
    image = Input((8, 8, 1))
    maps = Model(image, stack.get_layer("conv2d")(image))
    pair = copied({"whole": stack, "part": maps})
    train(pair["whole"], 2, first=1)
    weight = pair["part"].get_weights()["conv2d/kernel"]
    np.testing.assert_array_equal(weight, pair["whole"].get_weights()["conv2d/kernel"])
    train(stack, 2, first=1)
    np.testing.assert_array_equal(weight, stack.get_weights()["conv2d/kernel"])


@every_way
def test_layers_inside_of_layers_are_copied(copied):
    words = Input((5,), dtype="int32")
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Embedding(9, 4)(words))
    stack = Model(words, layers.Flatten()(layers.TimeDistributed(layers.Dense(2))(x)))
    stack.compile("adam", "mse")
    numbers = np.arange(20).reshape(4, 5) % 9
    stack.fit(numbers, np.ones((4, 10)))
    again = copied(stack)
    for either in (stack, again):
        either.fit(numbers, np.ones((4, 10)))
    np.testing.assert_array_equal(again.predict(numbers), stack.predict(numbers))


def test_a_deep_model_is_copied_without_deep_recursion():
    x = first = Input((2,))
    for _ in range(600):
        x = layers.Activation("tanh")(x)
    stack = Model(first, layers.Dense(1)(x))
    for copied in WAYS.values():
        assert len(copied(stack).layers) == 601


def test_a_shallow_copy_shares_weights_and_optimizer():
    stack = model()
    again = copy.copy(stack)
    train(again, 1)
    np.testing.assert_array_equal(again.predict(IMAGES), stack.predict(IMAGES))
    assert again.optimizer is stack.optimizer
    assert stack.optimizer.iterations == 3


@every_way
def test_a_layer_brings_its_weights_and_belongs_to_no_model(copied):
    stack = model()
    train(stack, 1)
    layer = copied(stack.get_layer("conv2d"))
    assert layer.owner is None
    image = Input((8, 8, 1))
    alone, original = (Model(image, each(image)) for each in (layer, stack.get_layer("conv2d")))
    np.testing.assert_array_equal(alone.predict(IMAGES), original.predict(IMAGES))
    alone.set_weights({"conv2d/kernel": np.zeros((3, 3, 1, 4))})
    assert original.predict(IMAGES).any()


def test_a_shallow_copy_of_a_layer_with_weights_is_refused():
    with pytest.raises(
        TypeError, match=r"^Conv2D 'conv2d': a shallow copy would share its weights"
    ):
        copy.copy(model().get_layer("conv2d"))
    assert copy.copy(layers.Dense(3)).units == 3


@every_way
def test_an_optimizer_is_copied_as_it_was_configured(copied):
    stack = model()
    train(stack, 1)
    again = copied(stack.optimizer)
    assert again.get_config() == stack.optimizer.get_config()
    other = model()
    other.compile(again, losses.Huber(0.5))
    other.fit(IMAGES, TARGET)
    assert again is not stack.optimizer
    assert again.iterations == 2


@every_way
def test_a_callback_is_copied_without_its_run(copied):
    stack = model()
    stopping = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    stack.fit(IMAGES, TARGET, callbacks=[stopping])
    again = copied(stopping)
    assert (again.best, again.best_epoch) == (stopping.best, 0)
    assert "run" not in vars(again)
    assert len(stack.fit(IMAGES, TARGET, epochs=1, callbacks=[again])) == 1


@every_way
@pytest.mark.parametrize("cls", [losses.BinaryCrossentropy, metrics.Precision, optimizers.SGD])
def test_parts_that_no_model_has_used_are_copied(copied, cls):
    assert copied(cls()).get_config() == cls().get_config()


def test_weights_that_moved_leave_a_copy_to_be_compiled_again():
    stack = model()
    image = Input((8, 8, 1))
    Model(image, layers.Dense(2)(stack.get_layer("conv2d")(image)))
    again = copy.deepcopy(stack)
    np.testing.assert_array_equal(again.predict(IMAGES), stack.predict(IMAGES))
    with pytest.raises(ValueError, match=r"call compile\(\) first"):
        train(again)
