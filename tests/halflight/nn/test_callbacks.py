"""Callbacks: early stopping, checkpoints, exact resume, logs."""

import json
import math

import numpy as np
import pytest

from halflight.nn import Input, WeightsError, callbacks, layers, load_model, optimizers, schedules
from halflight.nn import Sequential as Stack
from halflight.nn.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    ModelCheckpoint,
    ProgressLogger,
)
from halflight.nn.callbacks.callback import Monitor
from halflight.nn.weights import read_arrays, write_arrays

EPOCHS = 6


def model(backend="reference", loss="mse", rate=0.02, units=5):
    stack = Stack(
        [
            Input((2,)),
            layers.Dense(units),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.3),
            layers.Dense(1),
        ],
        backend=backend,
        seed=2,
    )
    schedule = schedules.CosineDecay(0.0, 40, warmup_target=rate, warmup_steps=5)
    stack.compile(optimizers.AdamW(schedule, global_clipnorm=1.0), loss, ["mae"])
    return stack


class Validation:
    """Validation losses chosen by the test, in place of what was measured."""

    def __init__(self, values):
        self.values = values

    def script(self, monkeypatch):
        remaining = iter(self.values)
        monkeypatch.setattr("halflight.nn.training.evaluate", lambda *_: {"loss": next(remaining)})


class Snapshots(Callback):
    def on_train_begin(self):
        self.weights = []

    def on_epoch_end(self, epoch, logs):
        self.weights.append(self.model.get_weights())


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping_restores_the_best_epoch(restore, regression, monkeypatch, capsys):
    Validation([3.0, 1.0, 1.5, math.nan, 0.99, 0.5]).script(monkeypatch)
    stopping = EarlyStopping(patience=3, min_delta=0.1, restore_best_weights=restore)
    snapshots, stack = Snapshots(), model()
    history = stack.fit(
        *regression, epochs=EPOCHS, validation_data=regression, callbacks=[stopping, snapshots]
    )
    assert len(history) == 5
    assert (stopping.best_epoch, stopping.best, stopping.stopped_epoch) == (1, 1.0, 4)
    for name, value in stack.get_weights().items():
        np.testing.assert_array_equal(value, snapshots.weights[1 if restore else 4][name])
    assert "best in epoch 2" in capsys.readouterr().err


def test_monitor():
    assert not Monitor("loss", "max", min_delta=0.2).improves(0.9, 0.8)
    assert not Monitor("loss", "min").improves(math.nan, None)
    with pytest.raises(ValueError, match="has \\['loss'\\] .pass validation_data"):
        Monitor("val_loss", "min").value({"loss": 1.0})
    with pytest.raises(ValueError, match="received 'minimum'"):
        Monitor("loss", "minimum")
    with pytest.raises(ValueError, match="patience"):
        EarlyStopping(patience=-1)


class KilledError(Exception):
    """Stands for a power failure."""


class KillAt(Callback):
    def __init__(self, epoch=None, batch=None):
        self.at = (epoch, batch)

    def on_train_batch_end(self, batch, logs):
        if (self.run.epoch, batch) == self.at:
            raise KilledError


@pytest.mark.parametrize(
    ("backend", "kills"),
    [
        ("reference", [(0, 3)]),
        ("reference", [(3, 2)]),
        ("reference", [(1, 0), (1, 7), (4, 4)]),
        ("cpu", [(3, 2)]),
    ],
)
def test_a_killed_training_resumes_to_the_same_bytes(backend, kills, regression, tmp_path):
    def train(folder, kill=(None, None)):
        stack = model(backend)
        stopping = EarlyStopping(patience=EPOCHS, restore_best_weights=True)
        watchers = [
            KillAt(*kill),
            stopping,
            CSVLogger(folder / "log.csv"),
            BackupAndRestore(folder),
            ModelCheckpoint(folder / "best", save_best_only=True),
        ]
        history = stack.fit(
            *regression, epochs=EPOCHS, validation_data=regression, callbacks=watchers
        )
        stack.save_weights(folder / "weights.safetensors")
        assert not (folder / "backup.safetensors").exists()
        return history, stopping.best_epoch, stack.optimizer.iterations

    expected = train(tmp_path / "whole")
    for kill in kills:
        with pytest.raises(KilledError):
            train(tmp_path / "killed", kill)
    assert train(tmp_path / "killed") == expected
    for name in ("weights.safetensors", "log.csv", "best/model.json", "best/weights.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (
            tmp_path / "killed" / name
        ).read_bytes(), name


def test_a_kept_backup_replays_a_finished_training(regression, tmp_path):
    def train():
        stack = model()
        backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
        counter = KillAt()
        counter.steps = 0
        history = stack.fit(*regression, epochs=2, callbacks=[counter, backup])
        return history, {name: value.tobytes() for name, value in stack.get_weights().items()}

    first = train()
    content = (tmp_path / "backup.safetensors").read_bytes()
    assert train() == first
    assert (tmp_path / "backup.safetensors").read_bytes() == content


def test_a_training_that_had_stopped_stays_stopped(regression, tmp_path, monkeypatch):
    def train(values):
        Validation(values).script(monkeypatch)
        return model().fit(
            *regression,
            epochs=EPOCHS,
            validation_data=regression,
            callbacks=[
                EarlyStopping(patience=1),
                BackupAndRestore(tmp_path, delete_checkpoint=False),
            ],
        )

    history = train([1.0, 2.0])
    assert train([]) == history


def test_a_backup_of_another_training_is_refused(regression, tmp_path):
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    model().fit(*regression, callbacks=[backup])
    for other, difference in [
        (model(loss="mae"), "'losses'"),
        (model(backend="cpu"), "'backend'"),
        (model(units=4), "dense/kernel"),
    ]:
        before = other.get_weights()
        with pytest.raises(WeightsError, match=f"another training.*{difference}"):
            other.fit(*regression, callbacks=[backup])
        for name, value in other.get_weights().items():
            np.testing.assert_array_equal(value, before[name])
    with pytest.raises(WeightsError, match="'steps'"):
        model().fit(*regression, batch_size=16, callbacks=[backup])
    frozen = model()
    frozen.freeze("dense")
    with pytest.raises(WeightsError, match="'frozen'"):
        frozen.fit(*regression, callbacks=[backup])


def test_a_broken_backup_is_refused(regression, tmp_path):
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    model().fit(*regression, callbacks=[backup])
    arrays, note = read_arrays(backup.path)
    state = json.loads(note)
    for broken in (None, "{", "[]", json.dumps(state | {"format": 99}), '{"format": 1}'):
        write_arrays(backup.path, arrays, broken)
        with pytest.raises(WeightsError, match="not a backup"):
            model().fit(*regression, callbacks=[backup])
    backup.path.write_bytes(b"\x80\x04]\x94." * 9)
    with pytest.raises(WeightsError, match="never loaded"):
        model().fit(*regression, callbacks=[backup])


def test_model_checkpoint_names_files_by_epoch_and_record(regression, tmp_path, monkeypatch):
    Validation([3.0, 1.0, 2.0, 0.5]).script(monkeypatch)
    stack = model()
    best = ModelCheckpoint(tmp_path / "best", save_best_only=True)
    each = ModelCheckpoint(tmp_path / "{epoch:02d}-{val_loss:.1f}.weights", save_weights_only=True)
    snapshots = Snapshots()
    stack.fit(*regression, epochs=4, validation_data=regression, callbacks=[best, each, snapshots])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-3.0.weights",
        "02-1.0.weights",
        "03-2.0.weights",
        "04-0.5.weights",
        "best",
    ]
    loaded = load_model(tmp_path / "best", backend="reference")
    for name, value in loaded.get_weights().items():
        np.testing.assert_array_equal(value, snapshots.weights[3][name])


def test_csv_logger_writes_the_history(regression, tmp_path):
    history = model().fit(*regression, epochs=3, callbacks=[CSVLogger(tmp_path / "log.csv")])
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,mean_absolute_error,learning_rate"
    assert [float(line.split(",")[1]) for line in lines[1:]] == history.column("loss")


@pytest.mark.parametrize("terminal", [True, False])
def test_progress(terminal, regression, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    model().fit(*regression, epochs=2, validation_data=regression, callbacks=[ProgressLogger()])
    captured = capsys.readouterr()
    assert captured.out == ""
    for word in ("epoch 1/2", "epoch 2/2", "val_loss", "learning_rate", " s\n"):
        assert word in captured.err
    assert ("[====" in captured.err) == terminal
    if not terminal:
        assert captured.err.count("\n") == 2


def test_every_public_callback_is_a_callback():
    public = [found for found in vars(callbacks).values() if isinstance(found, type)]
    assert len(public) == 12
    assert all(issubclass(found, Callback) for found in public)
