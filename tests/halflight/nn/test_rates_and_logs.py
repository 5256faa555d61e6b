"""Callbacks that set the learning rate, and those that tell of a training: by small fits."""

import json
import math

import numpy as np
import pytest

from halflight.nn import History, Input, Sequential, layers, optimizers, schedules
from halflight.nn.callbacks import (
    BackupAndRestore,
    Callback,
    DVCLiveLogger,
    LambdaCallback,
    LearningRateScheduler,
    ProgressLogger,
    ReduceLROnPlateau,
)


def model(rate=0.5, backend="reference"):
    stack = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)], backend=backend)
    stack.compile(optimizers.SGD(rate, clipnorm=1e-3), "mse", ["mae"])
    return stack


def fit_with_losses(losses, monkeypatch, regression, *callbacks, rate=0.5):
    """Train for one epoch a loss; the validation losses are these. Return the epochs' rates."""
    remaining = iter(losses)
    monkeypatch.setattr("halflight.nn.training.evaluate", lambda *_: {"loss": next(remaining)})
    history = model(rate).fit(
        *regression, epochs=len(losses), validation_data=regression, verbose=0, callbacks=callbacks
    )
    return history.column("learning_rate")


def test_a_plateau_reduces_the_rate(regression, monkeypatch, capsys):
    plateau = ReduceLROnPlateau(factor=0.5, patience=2, min_delta=0.1, min_lr=0.2)
    losses = [3.0, 2.0, 1.95, math.nan, 1.0, 1.0, 1.0, 1.0, 1.0]
    #          best best  wait  reduce  best wait reduce (to min_lr) wait, at min_lr
    rates = fit_with_losses(losses, monkeypatch, regression, plateau)
    assert rates == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2]
    assert "epoch 4: learning rate 0.25\nepoch 7: learning rate 0.2" in capsys.readouterr().err


def test_a_plateau_cools_down_before_it_waits_again(regression, monkeypatch):
    plateau = ReduceLROnPlateau(factor=0.5, patience=1, cooldown=2)
    rates = fit_with_losses([1.0] * 7, monkeypatch, regression, plateau, rate=8.0)
    # reduced after epoch 1; epoch 2 cools; epoch 3 ends the cooling and waits, and so on
    assert rates == [8.0, 8.0, 4.0, 4.0, 2.0, 2.0, 1.0]


def test_a_plateau_of_what_should_grow(regression, monkeypatch):
    plateau = ReduceLROnPlateau("val_loss", factor=0.5, patience=1, mode="max")
    assert fit_with_losses([1.0, 2.0, 1.5, 3.0], monkeypatch, regression, plateau) == [
        *(0.5, 0.5, 0.5, 0.25)
    ]


def test_a_scheduler_sets_the_rate_of_every_epoch(regression):
    scheduler = LearningRateScheduler(lambda epoch, rate: np.float32(rate / (1 + (epoch > 1))))
    history = model().fit(*regression, epochs=5, callbacks=[scheduler])
    assert history.column("learning_rate") == [0.5, 0.5, 0.25, 0.125, 0.0625]


@pytest.mark.parametrize(
    "make", [lambda: LearningRateScheduler(lambda *_: 0.1), lambda: ReduceLROnPlateau("loss")]
)
def test_a_schedule_is_not_overruled(make, regression):
    with pytest.raises(ValueError, match=r"needs a number, received the schedule CosineDecay\("):
        model(schedules.CosineDecay(0.1, 9)).fit(*regression, callbacks=[make()])


@pytest.mark.parametrize("returned", [-1.0, math.nan, None, "0.1"])
def test_a_scheduler_must_return_a_rate(returned, regression):
    scheduler = LearningRateScheduler(lambda *_: returned)
    with pytest.raises(ValueError, match="the schedule's rate of epoch 0 must be a finite number"):
        model().fit(*regression, callbacks=[scheduler])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReduceLROnPlateau(factor=1.0), "factor must be .* below 1"),
        (lambda: ReduceLROnPlateau(patience=-1), "patience must be an integer of at least 0"),
        (lambda: ReduceLROnPlateau(cooldown=0.5), "cooldown must be an integer of at least 0"),
        (lambda: ReduceLROnPlateau(min_lr=-1.0), "min_lr must be a finite number of at least 0"),
        (lambda: ReduceLROnPlateau(mode="least"), "received 'least'"),
        (lambda: LambdaCallback(on_epoch_end=3), "on_epoch_end must be a function or None"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


class StoppedError(Exception):
    """Stands for a power failure."""


class StopIn(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs):
        if (self.run.epoch, batch) == (self.epoch, 1):
            raise StoppedError


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=9.0, cooldown=1),
        lambda: LearningRateScheduler(lambda _, rate: rate * 0.5),
    ],
    ids=["plateau", "scheduler"],
)
@pytest.mark.parametrize("stop", [0, 1, 3, 4])
def test_a_resumed_training_keeps_the_rate_that_was_set(make, stop, regression, tmp_path):
    def train(folder, stop=None):
        stack = model(backend="cpu")
        callbacks = [make(), StopIn(stop), BackupAndRestore(folder)]
        history = stack.fit(*regression, batch_size=64, epochs=6, callbacks=callbacks)
        weights = {name: value.tobytes() for name, value in stack.get_weights().items()}
        return history, weights, stack.optimizer.scalars()

    expected = train(tmp_path / "whole")
    assert expected[0][-1]["learning_rate"] < 0.5
    with pytest.raises(StoppedError):
        train(tmp_path / "stopped", stop)
    assert train(tmp_path / "stopped") == expected


def test_lambda_callback(regression):
    seen = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch: seen.append(("begin", epoch)),
        on_epoch_end=lambda epoch, logs: seen.append(("end", epoch, "loss" in logs)),
        on_train_begin=lambda: seen.append("train begin"),
        on_train_end=lambda: seen.append("train end"),
        on_train_batch_begin=lambda batch: seen.append(("batch begin", batch)),
        on_train_batch_end=lambda batch, logs: seen.append(("batch end", batch, logs["finite"])),
    )
    model().fit(*regression, batch_size=256, callbacks=[callback, LambdaCallback()])
    assert seen == [
        "train begin",
        ("begin", 0),
        ("batch begin", 0),
        ("batch end", 0, True),
        ("end", 0, True),
        "train end",
    ]


class Recorded:
    """Stands for dvclive.Live."""

    def __init__(self):
        self.step, self.logged = 0, []

    def log_metric(self, name, val):
        self.logged.append((self.step, name, val))

    def next_step(self):
        self.step += 1


def test_dvclive_gets_every_record(regression):
    live = Recorded()
    history = model().fit(
        *regression, epochs=2, validation_data=regression, callbacks=[DVCLiveLogger(live)]
    )
    names = {
        "train/loss": "loss",
        "train/mean_absolute_error": "mean_absolute_error",
        "learning_rate": "learning_rate",
        "val/loss": "val_loss",
        "val/mean_absolute_error": "val_mean_absolute_error",
    }
    assert live.logged == [
        (epoch, name, history[epoch][key]) for epoch in (0, 1) for name, key in names.items()
    ]
    assert live.step == 2


def test_dvclive_itself(regression, tmp_path, monkeypatch):
    dvclive = pytest.importorskip("dvclive")
    monkeypatch.chdir(tmp_path)
    with dvclive.Live(save_dvc_exp=False, dvcyaml=None, monitor_system=False) as live:
        history = model().fit(*regression, epochs=3, callbacks=[DVCLiveLogger(live)])
    summary = json.loads((tmp_path / "dvclive" / "metrics.json").read_text())
    assert summary["train"]["loss"] == pytest.approx(history[-1]["loss"])
    rows = (tmp_path / "dvclive" / "plots" / "metrics" / "train" / "loss.tsv").read_text()
    assert [row.split("\t")[0] for row in rows.splitlines()] == ["step", "0", "1", "2"]


@pytest.mark.parametrize("width", [200, 40])
def test_the_bar_tells_how_far_and_how_long(width, regression, capsys, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("time.perf_counter", lambda: float(30 * next(clock)))
    monkeypatch.setenv("COLUMNS", str(width))
    model().fit(*regression, batch_size=64, epochs=1, callbacks=[ProgressLogger()])
    lines = capsys.readouterr().err.replace("\x1b[K", "").split("\r")
    assert lines[0] == ""
    half, end = lines[2], lines[-1]
    assert "epoch 1/1  2/4  50% [============>" in half
    assert all(len(line) < width for line in lines[1:5])
    if width == 200:
        assert "] 1:00 left  loss " in half
    assert end.startswith("epoch 1/1  ")
    assert end.endswith("  150.0 s\n")


def test_the_bar_moves_at_most_ten_times_a_second(regression, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("time.perf_counter", lambda: 1.0)
    model().fit(*regression, batch_size=16, epochs=1, callbacks=[ProgressLogger()])
    assert capsys.readouterr().err.count(" left ") == 2  # the first step, and the last


def test_history_by_name_and_as_a_table():
    history = History([{"epoch": 0, "loss": 0.5}, {"epoch": 10, "loss": 0.123456789, "mae": 2.0}])
    assert history.history["loss"] == [0.5, 0.123456789]
    assert list(history.history) == ["loss", "mae"]
    assert np.isnan(history.history["mae"][0])
    assert history.table().splitlines() == [
        "epoch     loss  mae",
        "    0      0.5     ",
        "   10  0.12346    2",
    ]
    assert History().table() == ""
    assert History().history == {}


def test_history_becomes_a_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(list(History([{"epoch": 0, "loss": 0.5}, {"epoch": 1, "loss": 0.25}])))
    assert list(frame.columns) == ["epoch", "loss"]
    assert frame["loss"].tolist() == [0.5, 0.25]
