"""Training as the stages do it: exact resume, honest error bars, safe checkpoints."""

import json
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from halflight import params, training
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.nn import callbacks, presets
from halflight.predictive import ONE_SIGMA
from tests.tiny import PREPARATION, RADIUS, SHAPE, R, discs, write_prepared

TRAIN, VALIDATION = np.arange(40), np.arange(40, 60)


@pytest.fixture(scope="module")
def stamps(tmp_path_factory):
    """Sixty 16-pixel discs whose radius can be seen, in the format of prepared stamps."""
    table, *arrays = discs(60)
    split = np.where(np.arange(60) < 40, "train", "validation")
    folder = tmp_path_factory.mktemp("stamps") / "prepared"
    return write_prepared(folder, table.assign(split=split), *arrays)


@pytest.fixture(scope="module")
def data(stamps):
    return labelled(RADIUS, stamps)


def labelled(task, stamps):
    labels, _ = task.simulated_labels(stamps.table)
    return LabelledStamps.of(task, stamps, labels, train=TRAIN, validation=VALIDATION)


@pytest.fixture(scope="module")
def settings(root):
    train = params.read("radius.train", path=root / "params.yaml")
    model = train.model.model_copy(update={"filters": [4, 8], "dense_units": 8})
    update = {"model": model, "epochs": 4, "batch_size": 16, "device": "cpu", "ema_momentum": 0.5}
    return train.model_copy(update=update)


def with_model(settings, **model):
    """The settings with another section train.model."""
    return settings.model_copy(update={"model": type(settings.model).model_validate(model)})


def new(data, settings, task=RADIUS):
    return training.new_estimator(
        task,
        data,
        PREPARATION,
        settings,
        backend="cpu",
        seed=settings.seed,
        provenance={"trained_on": data.stamps.origin},
    )


def fit(data, settings, folder, task=RADIUS, name="train", identity="data", code="code"):
    estimator = new(data, settings, task)
    return training.fit(
        estimator,
        data,
        settings,
        name=name,
        checkpoints=folder / "checkpoints",
        identity=identity,
        code=code,
    )


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def fitted(data, settings, tmp_path_factory):
    """An estimator and its history, never interrupted."""
    return fit(data, settings, tmp_path_factory.mktemp("fitted"))


def stop_at_step(patch, number):
    """Interrupt the training that comes at this step."""
    steps = iter(range(1000))

    def stop(self, batch):
        if next(steps) == number:
            raise KeyboardInterrupt

    patch.setattr(callbacks.ProgressLogger, "on_train_batch_begin", stop)


@pytest.mark.parametrize("augment", [True, False])
def test_a_run_that_was_stopped_ends_with_the_bytes_of_one_that_was_not(
    data, settings, monkeypatch, tmp_path, augment
):
    settings = settings.model_copy(update={"augment": augment})
    whole, whole_history = fit(data, settings, tmp_path)
    whole.save(tmp_path / "whole")

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at_step(patch, 7)  # the second step of the third epoch
        fit(data, settings, tmp_path)
    [checkpoint] = (tmp_path / "checkpoints").iterdir()
    assert contents(checkpoint)
    resumed, resumed_history = fit(data, settings, tmp_path)
    resumed.save(tmp_path / "resumed")
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")
    pd.testing.assert_frame_equal(resumed_history, whole_history)
    assert not list((tmp_path / "checkpoints").iterdir())


def test_a_training_whose_code_was_edited_begins_anew_and_says_so(
    data, settings, monkeypatch, tmp_path, capsys
):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at_step(patch, 7)
        fit(data, settings, tmp_path, code="old")
    capsys.readouterr()
    [left] = (tmp_path / "checkpoints").iterdir()
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(
            callbacks.ProgressLogger, "on_train_batch_begin", lambda _, batch: seen.append(batch)
        )
        fit(data, settings, tmp_path, code="new")
    assert seen == [0, 1, 2] * settings.epochs
    said = capsys.readouterr().out
    assert "the code has changed since this training was interrupted: it begins anew" in said
    assert str(left) in said
    assert list((tmp_path / "checkpoints").iterdir()) == [left]
    fit(data, settings, tmp_path, code="old")  # goes on, and removes its checkpoint
    assert "begins anew" not in capsys.readouterr().out
    assert not list((tmp_path / "checkpoints").iterdir())


def test_augmentation_changes_what_is_learnt_and_not_what_is_built(
    data, settings, fitted, tmp_path
):
    plain, history = fit(data, settings.model_copy(update={"augment": False}), tmp_path)
    assert set(plain.network.get_weights()) == set(fitted[0].network.get_weights())
    assert (history["loss"] != fitted[1]["loss"]).all()
    assert history.columns.tolist() == fitted[1].columns.tolist()


def test_radius_net_is_built_as_by_itself(stamps, settings):
    model = training.new_network(RADIUS, stamps, settings.model, backend="cpu", seed=5)
    alone = presets.radius_net.build(
        image_shape=(16, 16, 1),
        psf_shape=(9, 9, 1),
        filters=(4, 8),
        dense_units=8,
        dropout=0.0,
        seed=5,
        **RADIUS.network_options(),
    )
    assert [layer.name for layer in model.layers] == [layer.name for layer in alone.layers]
    for name, value in alone.get_weights().items():
        np.testing.assert_array_equal(model.get_weights()[name], value, err_msg=name)


@pytest.mark.parametrize(
    "model",
    [
        {"preset": "lenet5", "filters": [4]},
        {"preset": "deep_legato", "filters": [4, 4], "dense_units": [8], "dropout": 0},
        {"preset": "mlp", "hidden_units": [8]},
        {"preset": "resnet_18", "filters": 4},
        {
            "layers": [
                {"Conv2D": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
                {"GlobalAveragePooling2D": {}},
            ]
        },
        {"layers": ["Flatten"]},
    ],
    ids=lambda model: model.get("preset", "layers"),
)
def test_other_networks_see_the_psf_and_are_calibrated(data, settings, tmp_path, model):
    settings = with_model(settings, **model).model_copy(update={"epochs": 1, "warmup_epochs": 0})
    estimator, history = fit(data, settings, tmp_path)
    assert estimator.network.input_names == ["image", "psf"]
    assert estimator.network.output_names == ["head"]
    assert estimator.network.output_shape == (6,)
    assert len(history) == 1
    assert covered(estimator, data) == pytest.approx([0.6827] * 3, abs=1 / len(VALIDATION))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"preset": "unet"}, "needs a network from one image to one vector"),
        ({"preset": "light_curve_cnn"}, "'conv_1a'"),
        ({"preset": "vgg_a"}, "'pool_5'.*must fit"),
        ({"layers": [{"Conv2D": {"filters": 3, "kernel_size": 3}}]}, "to one vector"),
        ({"layers": ["Flatten", {"Dens": {"units": 3}}]}, "entry 2 of the layers, Dens: .*unknown"),
    ],
)
def test_a_network_that_cannot_be_built_is_told_by_its_parameter(stamps, settings, model, message):
    chosen = with_model(settings, **model).model
    with pytest.raises(ValueError, match=rf"radius\.train\.model: .*{message}"):
        training.new_network(RADIUS, stamps, chosen, backend="cpu", seed=0)


def test_an_estimator_remembers_the_range_of_what_it_is_trained_on_in_pixels(data, settings):
    estimator = new(data, settings)
    table, labels = data.stamps.table.iloc[TRAIN], data.labels[TRAIN]
    sizes = table["psf_half_light_radius"] / R.pixel_scale
    names = ("psf_half_light_radius", "ln_radius", "ln_axis_ratio", "magnitude")
    seen = dict(zip(names, (sizes, *labels.T), strict=True))
    assert estimator.training_range == {n: (v.min(), v.max()) for n, v in seen.items()}
    radius = np.log(table["half_light_radius"] / R.pixel_scale)
    assert estimator.training_range["ln_radius"] == pytest.approx((radius.min(), radius.max()))
    assert estimator.training_range["magnitude"][0] == pytest.approx(
        table["magnitude"].min() - R.zero_point + 2.5 * np.log10(0.1)
    )
    assert (estimator.instrument, estimator.preparation) == (R, PREPARATION)
    assert estimator.provenance == {"trained_on": "simulated"}


def test_a_head_starts_at_the_mean_and_scatter_of_the_labels(data, settings):
    bias = new(data, settings).network.get_weights()["head/bias"]
    labels = data.labels[TRAIN]
    np.testing.assert_allclose(bias[:3], labels.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(np.exp(0.5 * bias[3:]), labels.std(axis=0), rtol=1e-6)


def test_a_checkpoint_of_other_data_or_settings_is_not_taken_up(settings):
    names = set()
    for change, identity in [({}, "a"), ({}, "b"), ({"learning_rate": 0.01}, "a"), ({}, "a")]:
        changed = settings.model_copy(update=change)
        names.add(training._digest(changed, identity))
    assert len(names) == 3


def covered(estimator, data):
    values, sigmas = training.predict_prepared(estimator, data.stamps, VALIDATION)
    off = np.abs(values - data.labels[VALIDATION])
    return (off <= sigmas * (1 + 1e-5)).mean(axis=0)


def test_calibrated_error_bars_cover_the_validation_split(data, fitted):
    estimator, _ = fitted
    assert covered(estimator, data) == pytest.approx([0.6827] * 3, abs=1 / len(VALIDATION))
    values, sigmas = training.predict_prepared(estimator, data.stamps, VALIDATION)
    off = np.abs((values - data.labels[VALIDATION]) / sigmas)
    assert np.quantile(off, ONE_SIGMA, axis=0) == pytest.approx([1.0] * 3, rel=1e-5)


def test_a_fitted_estimator_says_how_many_labels_it_has_learnt_from(fitted, data):
    estimator, history = fitted
    assert estimator.provenance["labels"] == {"train": 40, "validation": 20}
    assert history["arm"].unique().tolist() == ["train"]
    assert {"epoch", "loss", "val_loss", "learning_rate"} <= set(history)


def test_the_weights_of_the_best_validation_loss_are_kept(data, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "settle_statistics", lambda *_: None)
    restless = settings.model_copy(update={"learning_rate": 0.5, "epochs": 5, "patience": 2})
    estimator, history = fit(data, restless, tmp_path)
    best = history["val_loss"].idxmin()
    assert best < len(history) - 1  # else this test would say nothing
    inputs = {name: data.stamps[name][VALIDATION] for name in RADIUS.inputs}
    error = np.abs(estimator.network.predict(inputs)[:, :3] - data.labels[VALIDATION]).mean()
    errors = history["val_mean_absolute_error"]
    assert error == pytest.approx(errors[best], rel=1e-5)
    assert error != pytest.approx(errors.iloc[-1], rel=1e-5)


def test_batch_statistics_become_those_of_the_weights_as_they_are(data, settings):
    network = new(data, settings).network
    before = network.get_weights()
    training.settle_statistics(network, data, RADIUS, settings)
    after = network.get_weights()
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved
    assert all(name.split("/")[1].startswith("moving_") for name in moved)
    assert {name for name in before if "moving_" in name} == moved


def test_two_quantities_are_learnt_calibrated_and_measured_together(
    stamps, settings, tmp_path, monkeypatch
):
    data = labelled(SHAPE, stamps)
    quick = settings.model_copy(update={"epochs": 25, "patience": 25})
    estimator, history = fit(data, quick, tmp_path, task=SHAPE)
    assert history["val_loss"].min() < history["val_loss"].iloc[0] - 0.2
    assert covered(estimator, data) == pytest.approx([0.6827] * 2, abs=1 / len(VALIDATION))
    estimator.save(tmp_path / "estimator")
    monkeypatch.setattr("halflight.tasks.get", {"shape": SHAPE}.__getitem__)
    table, *arrays = discs(60)
    measured = Estimator.load(tmp_path / "estimator").measure(*arrays, instrument=R)
    values, sigmas = training.predict_prepared(estimator, stamps, np.arange(60))
    values[:, 0] += np.log(R.pixel_scale)
    np.testing.assert_array_equal(measured[["ln_radius", "axis_ratio"]], values)
    np.testing.assert_array_equal(measured[["ln_radius_sigma", "axis_ratio_sigma"]], sigmas)
    for name in ("half_light_radius", "axis_ratio"):
        assert np.corrcoef(measured[name], table[name])[0, 1] > 0.3, name


def test_rows_without_a_label_are_refused_where_they_would_be_learnt_from(stamps):
    labels = np.zeros((60, 2))
    labels[[3, 50], 1] = np.nan
    with pytest.raises(ValueError, match="1 of 40 stamps to train have no finite label"):
        LabelledStamps(stamps, labels, train=TRAIN, validation=VALIDATION)
    rows = np.delete(TRAIN, 3)
    with pytest.raises(ValueError, match="1 of 20 stamps to validate have no finite label"):
        LabelledStamps(stamps, labels, train=rows, validation=VALIDATION)
    kept = LabelledStamps(stamps, labels, train=rows, validation=np.arange(51, 60))
    assert len(kept.train) == 39


@pytest.mark.parametrize("empty", ["train", "validation"])
def test_an_empty_split_is_refused(stamps, empty):
    rows = {"train": TRAIN, "validation": VALIDATION} | {empty: np.arange(0)}
    with pytest.raises(ValueError, match="there is no stamp to"):
        LabelledStamps(stamps, np.zeros((60, 1)), **rows)


def test_batches_hold_the_rows_of_their_split_and_their_labels(data, settings):
    seen = []
    for inputs, targets, weights in data.batches(
        RADIUS, VALIDATION, settings, training=False
    ).batches(0):
        assert set(inputs) == {"image", "psf"}
        assert weights is None
        seen.append((inputs["image"], targets))
    images, targets = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    np.testing.assert_array_equal(images, data.stamps["image"][VALIDATION])
    np.testing.assert_array_equal(targets, data.labels[VALIDATION].astype(np.float32))
    shuffled = next(iter(data.batches(RADIUS, TRAIN, settings, training=True).batches(0)))
    assert not np.array_equal(shuffled[1], data.labels[TRAIN[:16]].astype(np.float32))
    assert np.isin(shuffled[1], data.labels[TRAIN].astype(np.float32)).all()


def test_a_fingerprint_sees_every_byte(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"1")
    before = training.fingerprint([tmp_path / "a"])
    assert training.fingerprint([tmp_path / "a"]) == before
    (tmp_path / "a" / "x").write_bytes(b"2")
    assert training.fingerprint([tmp_path / "a"]) != before
    assert training.fingerprint([tmp_path / "a" / "x"]) != training.fingerprint([])


def test_the_users_own_modules_are_part_of_what_a_checkpoint_was_made_from(
    settings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_own_layers.py").write_text("")
    chosen = settings.model_copy(update={"imports": ["my_own_layers", "wave"]})
    training.choose_backend(chosen)
    own, library = training.imported_files(chosen)
    assert own == Path("my_own_layers.py")
    assert library.is_absolute()


def test_the_device_is_said(settings, monkeypatch, capsys):
    monkeypatch.setattr("halflight.kernels.cuda.machine.device.SIMULATED", True)
    choice = training.choose_backend(settings.model_copy(update={"device": "auto"}))
    assert choice.device == "cpu"
    assert capsys.readouterr().out == "device: cpu (no GPU: Numba's simulator is none)\n"
    training.choose_backend(settings)
    assert capsys.readouterr().out == "device: cpu\n"


def test_a_precision_that_the_device_lacks_is_refused(settings):
    wrong = settings.model_copy(update={"precision": "tf32"})
    with pytest.raises(ValueError, match="device 'cpu' has no precision 'tf32': cuda has"):
        training.choose_backend(wrong)


@pytest.mark.parametrize("optimizer", get_args(params.learning.OptimizerName))
def test_every_optimizer_that_a_parameter_may_name_trains(data, settings, tmp_path, optimizer):
    quick = settings.model_copy(update={"epochs": 1, "warmup_epochs": 0, "optimizer": optimizer})
    estimator, history = fit(data, quick, tmp_path)
    assert type(estimator.network.optimizer).__name__ == optimizer
    assert np.isfinite(history["loss"]).all()


def test_dvclive_follows_a_training_where_it_is_asked_to(data, settings, tmp_path, monkeypatch):
    quick = settings.model_copy(update={"epochs": 2})
    unwatched, _ = fit(data, quick, tmp_path / "unwatched")
    monkeypatch.setenv(training.LIVE, str(tmp_path / "live"))
    watched, history = fit(data, quick, tmp_path / "watched")
    latest = json.loads((tmp_path / "live/train/metrics.json").read_text())
    assert latest["val"]["loss"] == pytest.approx(history["val_loss"].iloc[-1])
    curve = (tmp_path / "live/train/plots/metrics/val/loss.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in curve] == ["step", "0", "1"]
    for name, weights in unwatched.network.get_weights().items():
        np.testing.assert_array_equal(watched.network.get_weights()[name], weights)


def test_to_follow_a_training_needs_dvclive(monkeypatch, tmp_path):
    monkeypatch.setenv(training.LIVE, str(tmp_path))
    monkeypatch.setitem(sys.modules, "dvclive", None)
    with pytest.raises(ValueError, match=r"needs DVCLive: pip install"), training.followed("x"):
        pass


def test_a_training_begun_unwatched_may_be_watched_when_it_goes_on(
    fitted, data, settings, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at_step(patch, 7)
        fit(data, settings, tmp_path)
    monkeypatch.setenv(training.LIVE, str(tmp_path / "live"))
    resumed, _ = fit(data, settings, tmp_path)
    curve = (tmp_path / "live/train/plots/metrics/val/loss.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in curve] == ["step", "2", "3"]
    for name, weights in fitted[0].network.get_weights().items():
        np.testing.assert_array_equal(resumed.network.get_weights()[name], weights)
