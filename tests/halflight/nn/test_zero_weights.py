"""Weights of zero: batches that count nothing change nothing, and are left out of every mean."""

import math

import numpy as np
import pytest

from halflight.nn import Input, Model, callbacks, layers, losses, optimizers, schedules

RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 5))
Y = X.sum(axis=1)
EMPTY = np.isin(np.arange(40) // 8, (1, 3))  # of five batches of 8, the second and the fourth
WEIGHT = np.where(EMPTY, 0.0, 1.0)


def model(loss="mse", outputs=1, backend="cpu", **options):
    row = Input((5,))
    x = layers.Dropout(0.2)(layers.BatchNormalization()(row))
    x = layers.Dense(outputs, kernel_regularizer="l2", name="out")(x)
    stack = Model(row, x, backend=backend)
    rate = schedules.CosineDecay(0.05, 30)
    stack.compile(optimizers.AdamW(rate, weight_decay=0.1, use_ema=True, **options), loss, ["mae"])
    return stack


def train(stack, x=X, y=Y, weight=None, **options):
    options = {"epochs": 3, "batch_size": 8, "shuffle": False} | options
    return stack.fit(x, y, sample_weight=weight, **options)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_such_a_batch_is_as_if_it_were_not_there(backend):
    all_of_it, rest = model(backend=backend), model(backend=backend)
    histories = train(all_of_it, weight=WEIGHT), train(rest, X[~EMPTY], Y[~EMPTY])
    assert histories[0] == histories[1]
    assert all_of_it.optimizer.iterations == rest.optimizer.iterations == 9
    for name, value in all_of_it.get_weights().items():
        np.testing.assert_array_equal(value, rest.get_weights()[name], err_msg=name)


def test_it_is_left_out_of_an_evaluation_and_a_validation():
    stack = model()
    expected = stack.evaluate(X[~EMPTY], Y[~EMPTY], batch_size=8)
    assert stack.evaluate(X, Y, sample_weight=WEIGHT, batch_size=8) == expected
    stack.compile("sgd", "mse", ["mae"])
    log = train(stack, epochs=1, validation_data=(X, Y, WEIGHT))[0]
    scores = stack.evaluate(X[~EMPTY], Y[~EMPTY], batch_size=8)
    assert all(log[f"val_{name}"] == value for name, value in scores.items())


@pytest.mark.parametrize("rows", [39, 33], ids=["a last batch of 7", "a last batch of 1"])
def test_a_last_batch_may_be_such_a_one(rows):
    weight = np.where(np.arange(rows) < 32, 1.0, 0.0)
    stack = model()
    train(stack, X[:rows], Y[:rows], weight, epochs=2)
    assert stack.optimizer.iterations == 8


def batches(times=1):
    for _ in range(times):
        for start in range(0, 40, 8):
            rows = slice(start, start + 8)
            yield X[rows], Y[rows], WEIGHT[rows]


def test_generators_sources_and_single_steps():
    stack, again = model(), model()
    stack.fit(batches(3), steps_per_epoch=5, epochs=3)
    train(again, weight=WEIGHT)
    for name, value in stack.get_weights().items():
        np.testing.assert_array_equal(value, again.get_weights()[name], err_msg=name)
    before = stack.get_weights()
    with pytest.raises(
        ValueError, match=r"^sample weights must not be all zero: no row of the data"
    ):
        stack.train_on_batch(X, Y, np.zeros(40))
    for name, value in stack.get_weights().items():
        np.testing.assert_array_equal(value, before[name])


class Looking(callbacks.Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, batch, logs):
        self.seen.append((batch, logs["loss"], logs["mean_loss"], logs["finite"]))


def test_callbacks_see_every_batch_and_that_nothing_had_a_loss():
    looking = Looking()
    weight = np.where(np.arange(40) < 8, 0.0, 1.0)
    train(model(), weight=weight, epochs=1, callbacks=[looking])
    assert [batch for batch, *_ in looking.seen] == list(range(5))
    assert all(finite for *_, finite in looking.seen)
    assert [math.isnan(loss) for _, loss, _, _ in looking.seen] == [True] + [False] * 4
    assert math.isnan(looking.seen[0][2])
    assert not math.isnan(looking.seen[1][2])


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
def test_weights_that_are_all_zero_are_refused_before_the_first_step(shape):
    stack, looking = model(), Looking()
    for data, held_out in (
        ((X, Y, np.zeros(shape)), None),
        ((X, Y, WEIGHT), (X, Y, np.zeros(shape))),
    ):
        with pytest.raises(
            ValueError, match="sample_weight must not be all zero: no sample counts"
        ):
            train(stack, *data, validation_data=held_out, callbacks=[looking])
    with pytest.raises(ValueError, match="sample_weight must not be all zero"):
        stack.evaluate(X, Y, sample_weight=np.zeros(shape))
    assert not looking.seen


def test_classes_that_all_weigh_nothing_and_ignored_ones_are_refused_without_a_step():
    label = (Y > 0).astype(float)
    stack = model(losses.BinaryCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="epoch 0: sample weights must not be all zero"):
        train(stack, X, label, class_weight={0: 0, 1: 0})
    assert stack.optimizer.iterations == 0
    assert len(train(stack, X, np.sort(label), class_weight={0: 0})) == 3
    sparse = model(
        losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), outputs=2
    )
    sparse.compile("sgd", sparse.objective.heads[0].loss)
    with pytest.raises(ValueError, match="epoch 0: sample weights must not be all zero"):
        train(sparse, X, np.ones(40))


def two_outputs():
    row = Input((5,))
    a, b = (layers.Dense(1, name=name)(row) for name in "ab")
    stack = Model(row, [a, b])
    stack.compile(optimizers.SGD(0.1), ["mse", "mae"], [["mae"], ["mse"]])
    return stack


def test_an_output_that_counts_nothing_in_a_batch_gets_no_gradient_from_it():
    stack = two_outputs()
    before = stack.get_weights()
    stack.fit(X, [Y, Y], sample_weight={"b": WEIGHT}, batch_size=8, shuffle=False, epochs=1)
    alone = two_outputs()
    alone.fit(X[~EMPTY], [Y[~EMPTY]] * 2, batch_size=8, shuffle=False)
    assert stack.optimizer.iterations == 5
    np.testing.assert_array_equal(stack.get_weights()["b/kernel"], alone.get_weights()["b/kernel"])
    assert not np.array_equal(stack.get_weights()["a/kernel"], before["a/kernel"])
    scores = stack.evaluate(X, [Y, Y], sample_weight={"b": WEIGHT}, batch_size=8)
    right = stack.evaluate(X[~EMPTY], [Y[~EMPTY]] * 2, batch_size=8)
    name = "b_mean_squared_error"
    assert scores[name] == pytest.approx(right[name])
    with pytest.raises(ValueError, match=r"sample_weight of 'b' must not be all zero"):
        stack.fit(X, [Y, Y], sample_weight={"b": np.zeros(40)})
    with pytest.raises(ValueError, match=r"sample weights of 'b' must not be all zero"):
        stack.train_on_batch(X, [Y, Y], {"b": np.zeros(40)})


def test_a_failure_after_such_batches_takes_back_the_right_number_of_steps():
    target = Y.copy()
    target[33] = 1e30  # whose square is infinite in float32
    stack = model()
    with pytest.raises(FloatingPointError, match="epoch 0, batch 4"):
        train(stack, X, target, WEIGHT)
    assert stack.optimizer.iterations == 2
