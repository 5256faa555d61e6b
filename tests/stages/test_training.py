"""Training as the stages do it: exact resume, honest error bars, safe checkpoints."""

import numpy as np
import pandas as pd
import pytest

from halflight import nn, params, store
from halflight.nn import callbacks, presets
from stages import training


@pytest.fixture(scope="module")
def stamps(tmp_path_factory):
    """Sixty 16-pixel discs whose radius can be seen, in the format of prepared stamps."""
    rng = np.random.default_rng(0)
    radius = rng.uniform(1.0, 5.0, 60)
    distance = np.hypot(*np.mgrid[-7.5:8, -7.5:8])
    image = (distance < radius[:, None, None]).astype(np.float32)
    folder = tmp_path_factory.mktemp("stamps") / "prepared"
    with store.write_stamps(folder) as writer:
        writer.append(
            pd.DataFrame({"id": np.arange(60), "radius": radius}),
            image=image + rng.normal(0, 0.1, image.shape).astype(np.float32),
            psf=np.ones((60, 9, 9), np.float32),
        )
    return store.read_stamps(folder)


@pytest.fixture
def data(stamps):
    labels = np.log(stamps.table["radius"].to_numpy())
    return training.LabelledStamps(stamps, labels, np.arange(40), np.arange(40, 60))


@pytest.fixture
def settings(root, monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    train = params.load(root / "params.yaml").train
    model = train.model.model_copy(update={"filters": [4, 8], "dense_units": 8})
    return train.model_copy(update={"model": model, "epochs": 4, "batch_size": 16})


def fit(stamps, data, settings, name="train", identity="data"):
    model = training.new_network(stamps, settings, backend="cpu", seed=settings.seed)
    history = training.fit_network(model, data, settings, name=name, identity=identity)
    return model, history


def test_a_run_that_was_stopped_ends_with_the_bytes_of_one_that_was_not(
    stamps, data, settings, monkeypatch, tmp_path
):
    whole, whole_history = fit(stamps, data, settings)

    steps = iter(range(100))

    def stop(self, batch):
        if next(steps) == 7:  # the second step of the third epoch
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(callbacks.ProgressLogger, "on_train_batch_begin", stop)
        with pytest.raises(KeyboardInterrupt):
            fit(stamps, data, settings)
    assert list((tmp_path / ".checkpoints").iterdir())
    resumed, resumed_history = fit(stamps, data, settings)
    for name, value in whole.get_weights().items():
        np.testing.assert_array_equal(resumed.get_weights()[name], value, err_msg=name)
    pd.testing.assert_frame_equal(resumed_history, whole_history)
    assert not list((tmp_path / ".checkpoints").iterdir())


@pytest.mark.parametrize("augment", [True, False])
def test_what_is_saved_is_the_network_without_augmentation_and_its_optimizer(
    stamps, data, settings, tmp_path, augment
):
    model, _ = fit(stamps, data, settings.model_copy(update={"augment": augment, "epochs": 2}))
    model.save(tmp_path / "model")
    loaded = nn.load_model(tmp_path / "model")
    alone = training.new_network(stamps, settings, backend="cpu", seed=0)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in alone.layers]
    assert loaded.optimizer.iterations == 6
    for one, other in zip(
        training.predict(loaded, stamps, data.validation),
        training.predict(model, stamps, data.validation),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_augmentation_changes_the_training(stamps, data, settings):
    losses = [
        fit(stamps, data, settings.model_copy(update={"augment": augment, "epochs": 1}))[1]["loss"]
        for augment in (True, False)
    ]
    assert losses[0][0] != losses[1][0]


def with_model(settings, **model):
    """The settings with another section train.model."""
    return settings.model_copy(update={"model": type(settings.model).model_validate(model)})


def test_radius_net_is_built_as_by_itself(stamps, settings):
    model = training.new_network(stamps, settings, backend="cpu", seed=5)
    alone = presets.radius_net.build(
        image_shape=(16, 16, 1),
        psf_shape=(9, 9, 1),
        filters=(4, 8),
        dense_units=8,
        dropout=0.0,
        seed=5,
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
def test_other_networks_see_the_psf_and_are_calibrated(stamps, data, settings, model):
    settings = with_model(settings, **model).model_copy(update={"epochs": 1, "warmup_epochs": 0})
    network, history = fit(stamps, data, settings)
    assert network.input_names == ["image", "psf"]
    assert network.output_names == ["head"]
    assert network.output_shape == (2,)
    assert len(history) == 1
    _, sigma = training.predict(network, stamps, data.validation)
    assert np.isfinite(sigma).all()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"preset": "resnet"}, "unknown preset 'resnet'; known are alexnet"),
        ({"preset": "radius_net", "filter": [4]}, r"radius_net: unknown option\(s\) filter; known"),
        ({"preset": "radius_net", "filters": 4}, "filters must be a list of integers, received 4"),
        ({"preset": "lenet5", "seed": 3}, "seed: set by the pipeline"),
        ({"preset": "unet"}, "needs a network from one image to one vector"),
        ({"preset": "light_curve_cnn"}, "'conv_1a'"),
        ({"preset": "vgg_a"}, "'pool_5'.*must fit"),
        ({"layers": [{"Conv2D": {"filters": 3, "kernel_size": 3}}]}, "to one vector"),
        ({"layers": ["Flatten", {"Dens": {"units": 3}}]}, "entry 2 of the layers, Dens: .*unknown"),
    ],
)
def test_a_network_that_cannot_be_built_is_told_by_its_parameter(stamps, settings, model, message):
    with pytest.raises(ValueError, match=f"train.model: .*{message}"):
        training.new_network(stamps, with_model(settings, **model), backend="cpu", seed=0)


def test_a_checkpoint_of_other_data_is_not_taken_up(stamps, data, settings):
    assert training._digest(settings, "a") != training._digest(settings, "b")
    other = settings.model_copy(update={"learning_rate": settings.learning_rate / 2})
    assert training._digest(settings, "a") != training._digest(other, "a")


def test_calibrated_error_bars_cover_the_validation_split(stamps, data, settings):
    model, _ = fit(stamps, data, settings)
    mean, sigma = training.predict(model, stamps, data.validation)
    inside = np.abs(mean - data.labels[data.validation]) <= sigma * (1 + 1e-5)
    assert abs(inside.mean() - 0.6827) <= 1 / len(data.validation)


def test_a_prediction_does_not_depend_on_the_orientation(stamps, data, settings):
    model, _ = fit(stamps, data, settings)
    turned = store.Stamps(
        stamps.table, {name: np.rot90(stamps[name][:], axes=(1, 2)) for name in ("image", "psf")}
    )
    for one, other in zip(
        training.predict(model, stamps, np.arange(60)),
        training.predict(model, turned, np.arange(60)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    once = model.predict({n: stamps[n][:][..., np.newaxis] for n in training.INPUTS})[:, 0]
    assert np.abs(once - training.predict(model, stamps, np.arange(60))[0]).max() > 1e-4


def test_a_fingerprint_sees_every_byte(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"1")
    before = training.fingerprint([tmp_path / "a"])
    assert training.fingerprint([tmp_path / "a"]) == before
    (tmp_path / "a" / "x").write_bytes(b"2")
    assert training.fingerprint([tmp_path / "a"]) != before


def test_the_device_is_said(settings, monkeypatch, capsys):
    monkeypatch.setattr("halflight.kernels.cuda.machine.device.SIMULATED", True)
    choice = training.chosen_backend(settings)
    assert choice.device == "cpu"
    assert capsys.readouterr().out == "device: cpu (no GPU: Numba's simulator is none)\n"
    training.chosen_backend(settings.model_copy(update={"device": "cpu"}))
    assert capsys.readouterr().out == "device: cpu\n"


def test_a_precision_that_the_device_lacks_is_refused(settings):
    wrong = settings.model_copy(update={"device": "cpu", "precision": "tf32"})
    with pytest.raises(ValueError, match="device 'cpu' has no precision 'tf32': cuda has"):
        training.chosen_backend(wrong)
