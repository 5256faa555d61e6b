"""A class of one's own: written once, registered, and then like any other, in files too."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from halflight.nn import (
    Input,
    Layer,
    Sequential,
    initializers,
    layers,
    load_model,
    losses,
    metrics,
    optimizers,
    presets,
    register,
    schedules,
)
from halflight.nn.checks import FINITE, check
from halflight.nn.configuration import plain
from halflight.nn.registration import REGISTRIES


@pytest.fixture(autouse=True)
def registries(monkeypatch):
    """What a test registers is forgotten after it."""
    for registry in REGISTRIES:
        monkeypatch.setattr(registry, "_classes", dict(registry._classes))
        monkeypatch.setattr(registry, "_aliases", dict(registry._aliases))


@dataclass(eq=False)
class Scale(Layer):
    """factor * gain * x, with a learnt gain for every channel."""

    factor: float = 1.0

    def check(self):
        check(self, FINITE, "factor")

    def build(self, shape):
        self.gain = self.param("gain", shape[-1:], initializers.Ones())
        return shape

    def forward(self, y, x, training):
        y[...] = self.factor * self.gain.value * x

    def backward(self, dx, dy, x, y):
        if self.trainable:
            rows = (self.factor * dy * x).reshape(-1, x.shape[-1])
            self.gain.grad += rows.sum(axis=0)
        if dx is not None:
            dx[...] = self.factor * self.gain.value * dy


def model(**options):
    stack = [Input((4,)), layers.Dense(3, "tanh"), Scale(2.0), layers.Dense(1)]
    return Sequential(stack, **options)


def test_its_gradients_are_those_of_its_forward_pass(place, gradient_error):
    placed = place(Scale(1.5), [(3, 2)], "reference")
    cotangent = np.random.default_rng(1).normal(size=placed.output.shape)

    def value():
        return float(np.sum(placed.forward() * cotangent))

    value()
    (dx,) = placed.backward(cotangent)
    gain = placed.layer.gain
    assert gradient_error(value, placed.inputs[0], dx) <= 1e-6
    assert gradient_error(value, gain.value, gain.grad) <= 1e-6


def test_it_trains_saves_loads_and_trains_on(tmp_path):
    register(Scale)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(64, 4))
    y = x[:, :1] - x[:, 1:2]
    whole = model(seed=1)
    whole.compile("adam", "mse")
    history = whole.fit(x, y, epochs=8, batch_size=8)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    whole.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.layers[1].factor == 2.0
    np.testing.assert_array_equal(loaded.predict(x), whole.predict(x))
    for one in (whole, loaded):
        one.fit(x, y, epochs=1, batch_size=8)
    for name, value in whole.get_weights().items():
        np.testing.assert_array_equal(loaded.get_weights()[name], value, name)


def test_a_model_with_a_class_that_is_not_registered_is_not_loaded(tmp_path):
    model().save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"class 'Scale'; .*registered first.*nn\.register"):
        load_model(tmp_path / "model")
    register(Scale)
    load_model(tmp_path / "model")


def test_it_can_be_named_in_a_list_of_layers():
    entries = [("Scale", {"factor": 0.5}), ("Dense", {"units": 1})]
    with pytest.raises(ValueError, match="entry 1 of the layers, Scale: .*registered first"):
        presets.layer_list.build(entries, input_shape=(4,))
    register(Scale)
    listed = presets.layer_list.build(entries, input_shape=(4,))
    assert listed.layers[0].factor == 0.5
    with pytest.raises(ValueError, match=r"Scale: .*unknown argument\(s\) file; known are factor"):
        presets.layer_list.build([("Scale", {"file": "x"})], input_shape=(4,))


def test_it_can_be_wrapped_and_read_again():
    register(Scale)
    wrapped = layers.TimeDistributed(Scale(3.0))
    again = layers.LAYERS.construct(json.loads(json.dumps(plain(wrapped))))
    assert again.layer.factor == 3.0


def test_every_kind_of_class_can_be_registered():
    @register
    @dataclass(eq=False)
    class Halved(losses.MeanSquaredError):
        pass

    @register
    @dataclass(eq=False)
    class Largest(metrics.Metric):
        name: str = field(default="largest", kw_only=True)

        def reset(self):
            self.value = 0.0

        def update(self, target, prediction, weight):
            self.value = max(self.value, float(prediction.max()))

        def result(self):
            return self.value

    @register
    @dataclass(eq=False)
    class Slow(optimizers.SGD):
        learning_rate: float = 1e-6

    @register
    @dataclass(frozen=True)
    class Stopped(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.0

    @register
    @dataclass(frozen=True)
    class Halves(initializers.Initializer):
        def __call__(self, shape, rng):
            return np.full(shape, 0.5)

    named = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="halves")])
    named.compile(optimizers.get("slow"), "halved", ["largest"])
    record = named.fit(np.ones((4, 2)), np.ones(4))[0]
    assert record["loss"] == 0.0
    assert record["largest"] == 1.0
    assert type(schedules.get(plain(Stopped()))) is Stopped
    assert type(named.optimizer) is Slow


@pytest.mark.parametrize(
    ("cls", "error", "message"),
    [
        (layers.Dense, ValueError, "layer Dense: the name is taken by .*Dense"),
        (type("Conv2D", (Layer,), {}), ValueError, "layer Conv2D: the name is taken by"),
        (type("adam", (optimizers.Optimizer,), {}), ValueError, "the name is taken by .*Adam"),
        (dict, TypeError, "a class that extends one of Layer, Loss, .*received <class 'dict'>"),
        (Scale(), TypeError, "a class that extends one of"),
    ],
)
def test_what_cannot_be_registered(cls, error, message):
    with pytest.raises(error, match=message):
        register(cls)
