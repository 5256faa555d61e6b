"""Which values are better: every monitor knows it of what it watches, or must be told."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, callbacks, layers, losses, optimizers
from halflight.nn.callbacks import (
    BackupAndRestore,
    EarlyStopping,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from halflight.nn.metrics import METRICS, metric

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 5))
Y = (X.sum(1) > 0).astype(float)


@dataclass(eq=False)
class Silent(metric.Mean):
    """Says nothing of itself."""

    name: str = field(default="silent", kw_only=True)

    def per_row(self, target, prediction):
        return np.zeros(len(target))


class Telling(Silent):
    """Says which values are better."""

    better = "higher"


def model(metrics=("auc",), loss="binary_crossentropy"):
    stack = Sequential([Input((5,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")])
    stack.compile(optimizers.Adam(0.02), loss, metrics=list(metrics))
    return stack


def sign(name, stack, mode="auto", validation=True):
    stopping = EarlyStopping(name, mode=mode)
    data = (X, Y) if validation else None
    stack.fit(X, Y, epochs=1, validation_data=data, callbacks=[stopping])
    return stopping.monitor.sign


def test_the_epoch_of_the_highest_auc_is_kept():
    stack = model()
    stop = EarlyStopping("val_auc", patience=3, restore_best_weights=True)
    history = stack.fit(X, Y, epochs=20, validation_data=(X, Y), callbacks=[stop])
    best = max(record["val_auc"] for record in history)
    assert stack.evaluate(X, Y)["auc"] == best > history[0]["val_auc"]


@pytest.mark.parametrize("name", sorted({cls.__name__ for cls in METRICS.values()}))
@pytest.mark.parametrize("called", ["", "val_mine", "accuracy"])
def test_every_metric_is_known_by_whatever_name(name, called):
    cls = METRICS[name]
    chosen = cls(name=called) if called else cls()
    stack = model([chosen])
    known = callbacks.callback.Run(stack.compiled(), [], 1, 1, 0, validates=True).better()
    assert known[chosen.name] == known[f"val_{chosen.name}"] == cls.better
    watched = callbacks.callback.Monitor(f"val_{chosen.name}", "auto")
    watched.begin(callbacks.callback.Run(stack.compiled(), [], 1, 1, 0, validates=True))
    assert watched.improves(*((0.5, 0.4) if cls.better == "higher" else (0.4, 0.5)))


@pytest.mark.parametrize("loss", ["mse", "hinge", losses.CosineSimilarity()])
def test_a_loss_is_better_when_lower(loss):
    assert sign("loss", model((), loss), validation=False) == 1.0
    assert sign("val_loss", model((), loss)) == 1.0


def test_outputs_have_losses_and_metrics_of_their_own():
    row = Input((5,))
    parts = [layers.Dense(1, name=name)(row) for name in "ab"]
    stack = Model(row, parts)
    stack.compile("sgd", ["mse", "mse"], [["mae"], ["r2_score"]])
    names = {"b_loss": 1.0, "val_a_mean_absolute_error": 1.0, "val_b_r2_score": -1.0}
    for name, expected in names.items():
        stopping = EarlyStopping(name)
        stack.fit(X, [Y, Y], validation_data=(X, [Y, Y]), callbacks=[stopping])
        assert stopping.monitor.sign == expected, name


WATCHING = {
    "EarlyStopping": EarlyStopping,
    "ReduceLROnPlateau": ReduceLROnPlateau,
    "ModelCheckpoint": lambda name, **options: ModelCheckpoint(
        "never", name, save_best_only=True, **options
    ),
}


@pytest.mark.parametrize("watch", WATCHING.values(), ids=WATCHING)
@pytest.mark.parametrize("name", ["silent", "learning_rate"])
def test_what_says_nothing_must_be_told_before_the_first_step(watch, name):
    stack = model([Silent()])
    with pytest.raises(ValueError, match=rf'^monitor {name!r}: .* give mode="min" or mode="max"$'):
        stack.fit(X, Y, callbacks=[watch(name)])
    assert stack.optimizer.iterations == 0
    watched = watch(name, mode="max").monitor
    watched.begin(callbacks.callback.Run(stack.compiled(), [], 1, 1, 0))
    assert watched.sign == -1.0


def test_a_metric_of_ones_own_may_say_it_and_a_mode_overrides_it():
    assert sign("val_silent", model([Telling()])) == -1.0
    assert sign("val_silent", model([Telling()]), mode="min") == 1.0
    assert sign("val_silent", model([Silent()]), mode="max") == -1.0


@pytest.mark.parametrize("watch", WATCHING.values(), ids=WATCHING)
@pytest.mark.parametrize("mode", ["auto", "min"])
def test_what_no_record_will_have_is_told_before_the_first_step(watch, mode):
    stack = model()
    with pytest.raises(ValueError, match=r"'val_auc' is not .* \['loss', 'auc', .*validation_data"):
        stack.fit(X, Y, callbacks=[watch("val_auc", mode=mode)])
    assert stack.optimizer.iterations == 0


def test_a_checkpoint_keeps_the_best_of_what_grows(tmp_path):
    keep = ModelCheckpoint(tmp_path / "best", "val_auc", save_best_only=True)
    history = model().fit(X, Y, epochs=6, validation_data=(X, Y), callbacks=[keep])
    assert keep.best == max(record["val_auc"] for record in history) > history[0]["val_auc"]


def test_a_resumed_training_goes_on_with_the_same_direction(tmp_path):
    def run(epochs):
        stopping = EarlyStopping("val_auc", patience=50, restore_best_weights=True)
        backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
        history = model().fit(
            X, Y, epochs=epochs, validation_data=(X, Y), callbacks=[stopping, backup]
        )
        return stopping, history

    run(2)
    stopping, history = run(5)
    assert len(history) == 5
    assert stopping.best == max(record["val_auc"] for record in history)


def test_a_rate_is_not_reduced_while_a_share_of_right_answers_rises():
    stack = model()
    slower = ReduceLROnPlateau("val_auc", patience=1)
    history = stack.fit(X, Y, epochs=4, validation_data=(X, Y), callbacks=[slower])
    curve = [record["val_auc"] for record in history]
    assert curve == sorted(curve)
    assert stack.optimizer.learning_rate == 0.02


def test_a_negative_delta_of_early_stopping_counts_by_its_size_as_in_keras():
    assert EarlyStopping(min_delta=-0.1).monitor.min_delta == 0.1


NAMES = {
    "model-{epoch}-{val_loss:.3f}": r"'val_loss' is not .* \['loss', 'auc'.*pass validation_data",
    "model-{epoch}-{los}": r"'los' is not in the epoch's record",
    "model-{epoch:d}-{loss:d}": r"Unknown format code 'd'",
    "model-{epoch:.2q}": r"Unknown format code 'q'|Invalid format",
}


@pytest.mark.parametrize(("name", "message"), NAMES.items(), ids=NAMES)
@pytest.mark.parametrize("weights", [False, True])
def test_a_name_that_no_record_can_fill_is_told_before_the_first_step(
    name, message, weights, tmp_path
):
    stack = model()
    keep = ModelCheckpoint(tmp_path / name, save_weights_only=weights)
    with pytest.raises(ValueError, match=f"^ModelCheckpoint: .*{message}") as raised:
        stack.fit(X, Y, callbacks=[keep])
    assert "\n" not in str(raised.value)
    assert stack.optimizer.iterations == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["{", "}", "{}", "{0}", "{loss.real}", "{loss[0]}", "{epoch"])
def test_a_name_that_is_no_pattern_is_told_at_once(name):
    with pytest.raises(ValueError, match=r"^ModelCheckpoint: "):
        ModelCheckpoint(name)


def test_names_that_the_record_fills(tmp_path):
    keep = ModelCheckpoint(tmp_path / "{epoch:02d}-{val_auc:.1f}-{learning_rate:g}-{{x}}")
    model().fit(X, Y, validation_data=(X, Y), callbacks=[keep])
    (found,) = tmp_path.iterdir()
    assert found.name.startswith("01-0.")
    assert found.name.endswith("-0.02-{x}")
