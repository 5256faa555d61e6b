"""Saved models: round trips, and descriptions that must not be trusted."""

import json

import numpy as np
import pytest

from halflight.nn import (
    Input,
    Model,
    WeightsError,
    layers,
    load_model,
    losses,
    optimizers,
    schedules,
)


@pytest.fixture
def folder(tmp_path):
    a, b = Input((6, 6, 1), name="a"), Input((3,), name="b")
    shared = layers.Conv2D(1, 3, padding="same", activation="silu", kernel_initializer="orthogonal")
    x = layers.Flatten()(layers.Add()([shared(shared(a)), a]))
    model = Model([a, b], layers.Dense(2)(layers.Concatenate()([x, b])), backend="reference")
    model.freeze("conv2d")
    model.save(tmp_path / "model")
    return tmp_path / "model"


TARGETS = np.array([[1.0, 2.0], [0.0, -1.0]])
INPUTS = [np.linspace(-1, 1, 72).reshape(2, 6, 6, 1), np.linspace(0, 1, 6).reshape(2, 3)]


def test_round_trip(folder, tmp_path):
    model = load_model(folder, backend="reference")
    assert not model.get_layer("conv2d").trainable
    assert model.input_names == ["a", "b"]
    model.save(tmp_path / "again")
    for name in ("model.json", "weights.safetensors"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    again = load_model(tmp_path / "again", backend="cpu")
    np.testing.assert_allclose(again.predict(INPUTS), model.predict(INPUTS), rtol=1e-5, atol=1e-6)


def edit(folder, change):
    path = folder / "model.json"
    description = json.loads(path.read_text())
    change(description)
    path.write_text(json.dumps(description))


HOSTILE = {
    "class": (
        lambda d: d["layers"][0].update({"class": "os.system"}),
        "unknown class 'os",
    ),
    "base class": (
        lambda d: d["layers"][0].update({"class": "Layer"}),
        "unknown class 'Layer'",
    ),
    "argument": (
        lambda d: d["layers"][0]["config"].update(code="x"),
        "unknown argument.* code",
    ),
    "private": (
        lambda d: d["layers"][0]["config"].update(kernels="os"),
        "unknown argument",
    ),
    "missing": (lambda d: d["layers"][0]["config"].pop("filters"), "filters"),
    "value": (
        lambda d: d["layers"][0]["config"].update(filters="many"),
        "filters must be",
    ),
    "huge": (
        lambda d: d["layers"][0]["config"].update(filters=10**15),
        "is shared: every call.*1000000000000000",
    ),
    "initializer": (
        lambda d: d["layers"][0]["config"].update(kernel_initializer={"class": "X", "config": {}}),
        "unknown class 'X'",
    ),
    "name": (
        lambda d: d["layers"][0]["config"].update(name=None),
        "name of its own",
    ),
    "twice": (
        lambda d: d["layers"].append(d["layers"][0]),
        "name of its own",
    ),
    "call": (lambda d: d["calls"][0].update(layer="nothing"), "known layer"),
    "future tensor": (lambda d: d["calls"][0].update(inputs=[7]), "tensor number"),
    "no tensors": (
        lambda d: d["calls"][0].update(inputs=[]),
        "list of tensor numbers",
    ),
    "two tensors": (
        lambda d: d["calls"][0].update(inputs=[0, 0]),
        "takes one tensor",
    ),
    "output": (lambda d: d.update(outputs=[-1]), "tensor number"),
    "no outputs": (lambda d: d.update(outputs=[]), "one or more different tensors"),
    "outputs": (lambda d: d.update(outputs=3), "a list of tensor numbers"),
    "dtype": (lambda d: d["inputs"][0].update(dtype="object"), "float32"),
    "extra": (lambda d: d.update(code="x"), "exactly the keys"),
    "inputs": (lambda d: d.update(inputs={}), "needs a list"),
    "shape": (lambda d: d["inputs"][0].update(shape="6"), "a name and a shape"),
    "negative": (
        lambda d: d["inputs"][0].update(shape=[-6, 6, 1]),
        "positive integers",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_descriptions(case, folder):
    change, message = HOSTILE[case]
    edit(folder, lambda d: change(d["architecture"]))
    with pytest.raises(ValueError, match=message) as caught:
        load_model(folder, backend="reference")
    assert "model.json" in str(caught.value)


def test_a_huge_architecture_is_refused_before_memory_is_allocated(folder):
    edit(folder, lambda d: d["architecture"]["layers"][-1]["config"].update(units=10**15))
    with pytest.raises(WeightsError, match="needs the shape .*1000000000000000"):
        load_model(folder, backend="reference")


@pytest.fixture
def trained(folder):
    """A compiled model after two epochs, saved."""
    model = load_model(folder, backend="reference")
    model.unfreeze("*")
    model.compile(
        optimizers.Adam(schedules.ExponentialDecay(0.01, 3, 0.5), use_ema=True),
        losses.Huber(0.5),
        metrics=["mae"],
    )
    model.fit(INPUTS, TARGETS, epochs=2, batch_size=1)
    model.save(folder)
    return model, folder


def test_a_compiled_model_goes_on_where_it_stood(trained):
    model, folder = trained
    again = load_model(folder, backend="reference")
    assert again.evaluate(INPUTS, TARGETS) == model.evaluate(INPUTS, TARGETS)
    assert again.optimizer.iterations == 4
    for each in (model, again):
        each.fit(INPUTS, TARGETS, epochs=3, initial_epoch=2, batch_size=1)
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(again.get_weights()[name], value)
    assert load_model(folder, compile=False).optimizer is None


def test_an_interrupted_save_is_noticed(trained):
    model, folder = trained
    model.save_weights(folder / "weights.safetensors")
    load_model(folder)  # the same weights
    model.fit(INPUTS, TARGETS)
    model.save_weights(folder / "weights.safetensors")
    with pytest.raises(WeightsError, match="a save was interrupted"):
        load_model(folder)
    assert load_model(folder, compile=False).get_weights()


HOSTILE_TRAINING = {
    "optimizer": (lambda d: d["training"]["optimizer"].update({"class": "os"}), "unknown class"),
    "rate": (
        lambda d: d["training"]["optimizer"]["config"].update(learning_rate="fast"),
        "learning_rate",
    ),
    "schedule": (
        lambda d: d["training"]["optimizer"]["config"]["learning_rate"].update({"class": "x"}),
        "unknown class 'x'",
    ),
    "loss": (
        lambda d: d["training"].update(losses=[{"class": "x", "config": {}}]),
        "unknown class",
    ),
    "losses": (lambda d: d["training"].update(losses=3), "need lists"),
    "two losses": (lambda d: d["training"]["losses"].append(d["training"]["losses"][0]), "loss"),
    "metric": (lambda d: d["training"].update(metrics=[["x"]]), "unknown metric 'x'"),
    "weights": (lambda d: d["training"].update(loss_weights=["x"]), "loss weight"),
    "state": (lambda d: d["training"].update(state={}), "state"),
    "step": (lambda d: d["training"]["state"].update(iterations=-1), "iterations"),
    "steps": (lambda d: d["training"]["state"].update(iterations="x"), "iterations"),
    "keys": (lambda d: d["training"].update(code="x"), "exactly the keys"),
    "nothing": (lambda d: d.update(training=3), "exactly the keys"),
    "format": (lambda d: d.update(format=1), "format 2"),
    "extra": (lambda d: d.update(code="x"), "exactly the keys"),
}


@pytest.mark.parametrize("case", HOSTILE_TRAINING)
def test_hostile_training(case, trained):
    _, folder = trained
    change, message = HOSTILE_TRAINING[case]
    edit(folder, change)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(folder, backend="reference")
    assert "model.json" in str(caught.value)


def test_a_description_has_limits(folder):
    path = folder / "model.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 2, "format": 2'))
    with pytest.raises(ValueError, match="occurs twice"):
        load_model(folder)
    with path.open("wb") as stream:
        stream.truncate(20 * 2**20)
    with pytest.raises(ValueError, match="at most 4194304 bytes, received 20971520"):
        load_model(folder)


def test_broken_json(folder):
    (folder / "model.json").write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        load_model(folder)
    (folder / "model.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="is not JSON"):
        load_model(folder)
    (folder / "model.json").unlink()
    with pytest.raises(FileNotFoundError):
        load_model(folder)
