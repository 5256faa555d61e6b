"""Training as the stages do it: exact resume, honest error bars, safe checkpoints."""

import numpy as np
import pandas as pd
import pytest

from core import params, store
from core.nn import callbacks
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
    model = train.model.model_copy(update={"filters": (4, 8), "dense_units": 8})
    return train.model_copy(update={"model": model, "epochs": 4, "batch_size": 16})


def fit(stamps, data, settings, name="train", identity="data"):
    model = training.new_network(stamps, settings, seed=settings.seed)
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
