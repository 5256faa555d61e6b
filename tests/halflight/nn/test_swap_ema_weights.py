"""SwapEMAWeights: averages are validated and kept, and the training goes on from the weights."""

import numpy as np
import pytest

from halflight.nn import Input, Sequential, callbacks, layers, optimizers

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(32, 3)).astype(np.float32), RNG.normal(size=(32, 1)).astype(np.float32)


def model(**options):
    built = Sequential([Input((3,)), layers.Dense(1, name="dense")], seed=1)
    built.compile(optimizers.SGD(0.5, **options), "mse")
    return built


def fit(trained, *others, epochs=3, **options):
    watching = {"validation_data": (X, Y), "callbacks": list(others)}
    return trained.fit(X, Y, batch_size=16, epochs=epochs, **watching, **options)


class Seen(callbacks.Callback):
    """The weights as they are when a hook is called."""

    def __init__(self, hook, name="dense/kernel"):
        self.weights, self.name = [], name
        setattr(self, hook, self.look)

    def look(self, *_):
        self.weights.append(self.model.get_weights()[self.name])


def averages(weights, momentum):
    """As Keras has it: the first step's weights, and what comes of them."""
    found = [weights[0]]
    for step in weights[1:]:
        found.append(momentum * found[-1] + (1 - momentum) * step)
    return found


def test_the_validation_sees_the_averages_and_the_training_the_weights():
    plain, averaged = model(), model(use_ema=True, ema_momentum=0.9)
    steps, ends = Seen("on_train_batch_end"), Seen("on_epoch_end")
    fit(plain, steps)
    swap, tested = callbacks.SwapEMAWeights(), Seen("on_test_begin")
    fit(averaged, swap, tested, ends)
    expected = averages(steps.weights, 0.9)[1::2]  # two steps an epoch
    np.testing.assert_allclose(tested.weights, expected, rtol=1e-5)
    np.testing.assert_allclose(ends.weights, steps.weights[1::2], rtol=1e-5)
    np.testing.assert_allclose(averaged.get_weights()["dense/kernel"], expected[-1], rtol=1e-5)


def test_early_stopping_keeps_the_averages_of_the_best_epoch():
    trained = model(use_ema=True, ema_momentum=0.9)
    stop = callbacks.EarlyStopping(patience=9, restore_best_weights=True)
    history = fit(trained, callbacks.SwapEMAWeights(swap_on_epoch=True), stop, epochs=6)
    losses = history.history["val_loss"]
    assert trained.evaluate(X, Y)["loss"] == pytest.approx(min(losses), rel=1e-5)


def test_a_run_that_was_stopped_ends_with_the_bytes_of_one_that_was_not(tmp_path):
    def run(folder, epochs):
        trained = model(use_ema=True, ema_momentum=0.9)
        backup = callbacks.BackupAndRestore(folder, delete_checkpoint=False)
        fit(trained, callbacks.SwapEMAWeights(swap_on_epoch=True), backup, epochs=epochs)
        return trained.get_weights()["dense/kernel"]

    whole = run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 2)
    np.testing.assert_array_equal(run(tmp_path / "parts", 4), whole)


def test_moving_statistics_are_averaged_alike():
    def normalised(**options):
        stack = [Input((3,)), layers.BatchNormalization(momentum=0.5, name="norm"), layers.Dense(1)]
        built = Sequential(stack, seed=1)
        built.compile(optimizers.SGD(0.1, **options), "mse")
        return built

    moving = "norm/moving_mean"
    plain, averaged = normalised(), normalised(use_ema=True, ema_momentum=0.9)
    steps, tested = Seen("on_train_batch_end", moving), Seen("on_test_begin", moving)
    ends = Seen("on_epoch_complete", moving)
    fit(plain, steps)
    fit(averaged, callbacks.SwapEMAWeights(swap_on_epoch=True), tested, ends)
    expected = averages(steps.weights, 0.9)[1::2]
    np.testing.assert_allclose(tested.weights, expected, rtol=1e-5)
    np.testing.assert_allclose(ends.weights, steps.weights[1::2], rtol=1e-5)
    np.testing.assert_allclose(averaged.get_weights()[moving], expected[-1], rtol=1e-5)


def test_an_optimizer_without_averages_is_refused():
    with pytest.raises(ValueError, match="SwapEMAWeights: the optimizer needs use_ema=True"):
        fit(model(), callbacks.SwapEMAWeights())
    with pytest.raises(ValueError, match="SGD keeps no averages"):
        model().optimizer.swap_average()
