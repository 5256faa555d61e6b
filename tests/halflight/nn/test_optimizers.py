"""Optimizers, by one table: three steps by hand, convergence, configurations, exact resume."""

import json
import math

import numpy as np
import pytest

from halflight.nn import Input, Sequential, layers, optimizers, schedules
from halflight.nn.callbacks import BackupAndRestore, Callback
from halflight.nn.configuration import plain
from halflight.nn.optimizers import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Nadam,
    RMSprop,
)
from tests.halflight.nn.optimizer_rows import ROWS

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
every_backend = pytest.mark.parametrize("backend", ["reference", "cpu"])

# Gradients of the two weights of the kernel, and of the bias, at three steps.
GRADIENTS = {"kernel": [(0.5, -1.0, 2.0), (-0.25, 3.0, 0.125)], "bias": [(1.0, 0.5, -0.75)]}


def dense(optimizer, backend="reference"):
    model = Sequential([Input((2,)), layers.Dense(1, name="dense")], backend=backend, seed=1)
    model.compile(optimizer, "mse")
    return model


def step(model, **gradients):
    """One step by these gradients of weights of the layer "dense"."""
    for name, values in gradients.items():
        weight = model.get_layer("dense").weights[name]
        values = np.reshape(values, weight.shape).astype(float)
        model.kernels.copy(weight.grad, model.kernels.to_device(values))
    model.optimizer.step()


def test_every_optimizer_has_a_row():
    assert {type(row.make()) for row in ROWS.values()} == set(OPTIMIZERS.values())


@every_row
@every_backend
def test_three_steps_by_hand(row, backend):
    model = dense(row.make(), backend)
    model.set_weights({"dense/kernel": np.array([[0.75], [-1.5]]), "dense/bias": np.array([0.5])})
    for t in range(3):
        step(model, **{name: [run[t] for run in runs] for name, runs in GRADIENTS.items()})
    assert model.optimizer.iterations == 3
    after = model.get_weights()
    kernel = [row.by_hand(w, g) for w, g in zip((0.75, -1.5), GRADIENTS["kernel"], strict=True)]
    tolerance = 1e-12 if backend == "reference" else 5e-6
    np.testing.assert_allclose(after["dense/kernel"].ravel(), kernel, rtol=tolerance)
    bias = 0.5 + sum(row.changes(GRADIENTS["bias"][0]))  # biases do not decay
    np.testing.assert_allclose(after["dense/bias"], [bias], rtol=tolerance)


def test_defaults_are_those_of_keras():
    def arguments(cls):
        config = cls().get_config()
        common = {"weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema"}
        common |= {"ema_momentum", "ema_overwrite_frequency", "learning_rate_multipliers"}
        return {name: value for name, value in config.items() if name not in common}

    adam = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    mean = {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7}
    assert arguments(SGD) == {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
    assert arguments(Lion) == {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99}
    initial = {"initial_accumulator_value": 0.1, "epsilon": 1e-7}
    assert arguments(Adagrad) == {"learning_rate": 0.001, **initial}
    assert arguments(Adadelta) == {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7}
    assert arguments(RMSprop) == mean | {"centered": False}
    assert arguments(Adam) == arguments(AdamW) == adam | {"amsgrad": False}
    assert arguments(Adamax) == arguments(Nadam) == adam
    assert [cls().weight_decay for cls in (AdamW, Adam, Lion)] == [0.004, None, None]
    assert (SGD().use_ema, SGD().ema_momentum, SGD().ema_overwrite_frequency) == (False, 0.99, None)


@every_row
def test_configuration_round_trip(row):
    schedule = schedules.CosineDecay(0.1, 10)
    made = row.make(clipvalue=0.5, use_ema=True, learning_rate_multipliers={"a*": 0.1, "*": 2.0})
    for rate in (0.25, schedule):
        made.learning_rate = rate
        rebuilt = optimizers.get(json.loads(json.dumps(plain(made))))
        assert type(rebuilt) is type(made)
        assert rebuilt.get_config() == made.get_config()
        assert rebuilt.learning_rate == rate
    assert list(rebuilt.learning_rate_multipliers) == ["a*", "*"]  # the first match counts


@every_row
def test_finds_the_lowest_point_of_a_bowl(row):
    """Of (w - 1)^2 + 10 (v + 2)^2, with a rate that falls to zero."""
    optimizer = row.make()
    optimizer.weight_decay = None
    rate = {Adagrad: 1.0, Adadelta: 5.0}.get(type(optimizer), 0.05)
    optimizer.learning_rate = schedules.PolynomialDecay(rate, 600, 0.0)
    model = dense(optimizer)
    kernel = model.get_layer("dense").weights["kernel"]
    for _ in range(600):
        w, v = model.kernels.to_host(kernel.value).ravel()
        step(model, kernel=[2 * (w - 1), 20 * (v + 2)])
    np.testing.assert_allclose(model.kernels.to_host(kernel.value).ravel(), [1, -2], atol=0.02)


class StoppedError(Exception):
    """Stands for a power failure."""


class StopIn(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs):
        if (self.run.epoch, batch) == (self.epoch, 1):
            raise StoppedError


@every_row
@pytest.mark.parametrize("average", [False, True])
def test_a_resumed_training_ends_with_the_same_bytes(row, average, regression, tmp_path):
    def train(folder, stop=None):
        options = {"use_ema": True, "ema_overwrite_frequency": 5} if average else {}
        options["learning_rate_multipliers"] = {"dense": 0.5}
        model = Sequential(
            [Input((2,)), layers.Dense(3, activation="tanh"), layers.Dense(1)], backend="cpu"
        )
        model.compile(row.make(**options), "mse")
        callbacks = [StopIn(stop), BackupAndRestore(folder)]
        history = model.fit(*regression, batch_size=64, epochs=3, callbacks=callbacks)
        model.optimizer.finalize()
        state = model.get_weights() | model.optimizer.get_state()
        return history, {name: value.tobytes() for name, value in state.items()}

    expected = train(tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(tmp_path / "stopped", stop=1)
    assert train(tmp_path / "stopped") == expected


def test_nadam_recomputes_its_product():
    steps = [np.array([0.5, -1.0]), np.array([2.0, 0.25]), np.array([-1.0, 1.0])]
    whole, resumed = dense(Nadam()), dense(Nadam())
    for gradient in steps[:2]:
        step(whole, kernel=gradient, bias=0.0)
    state = json.loads(json.dumps(whole.optimizer.scalars()))
    resumed.optimizer.set_state(whole.optimizer.get_state(), state)
    resumed.set_weights(whole.get_weights())
    for model in (whole, resumed):
        step(model, kernel=steps[2], bias=0.0)
    assert whole.get_weights()["dense/kernel"].tobytes() == (
        resumed.get_weights()["dense/kernel"].tobytes()
    )
    first = whole.optimizer.get_state()
    whole.optimizer.set_state(first, {"iterations": 1, "learning_rate": None})  # and backwards
    step(whole, kernel=steps[1], bias=0.0)
    momenta = [0.9 * (1 - 0.5 * 0.96**t) for t in (1, 2)]
    assert whole.optimizer._product == (2, momenta[0] * momenta[1])


def test_names_are_found_in_any_case():
    assert type(optimizers.get("RMSprop")) is type(optimizers.get("rmsprop")) is RMSprop
    assert set(OPTIMIZERS) == {
        *("sgd", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "nadam", "adamax", "lion")
    }
    given = Adam()
    assert optimizers.get(given) is given


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam("1e-3"), "received '1e-3'"),
        (lambda: Adam(math.nan), "learning_rate must be a finite"),
        (
            lambda: SGD(momentum=2.0),
            "SGD: momentum must be a .* of at least 0 and at most 1",
        ),
        (lambda: SGD(nesterov=1), "nesterov must be True or False, received 1"),
        (
            lambda: Adam(beta_1=1.0),
            "Adam: beta_1 must be .* at least 0 and below 1",
        ),
        (lambda: Adam(amsgrad="yes"), "amsgrad must be True or False"),
        (lambda: Nadam(epsilon=0.0), "Nadam: epsilon must be a finite number above 0"),
        (lambda: Lion(beta_1=0.0), "Lion: beta_1 must be a finite number above 0"),
        (lambda: Adagrad(initial_accumulator_value=-1.0), "initial_accumulator_value must be"),
        (lambda: RMSprop(rho=1.0), "RMSprop: rho must be .* below 1"),
        (
            lambda: SGD(global_clipnorm=-1.0),
            "global_clipnorm must be .* or None, received -1.0",
        ),
        (lambda: SGD(clipnorm=1.0, clipvalue=1.0), "at most one clip may be given, received"),
        (lambda: SGD(use_ema="no"), "use_ema must be True or False"),
        (lambda: SGD(ema_momentum=1.5), "ema_momentum must be .* at most 1"),
        (lambda: SGD(ema_overwrite_frequency=0), "ema_overwrite_frequency must be a positive"),
        (lambda: SGD(learning_rate_multipliers={"a": -1}), "finite factors of at least 0"),
        (lambda: AdamW(weight_decay=-1.0), "AdamW: weight_decay"),
        (lambda: optimizers.get("adagrat"), "known are adadelta, adagrad, adam"),
        (lambda: optimizers.get({"class": "os.system", "config": {}}), "unknown class"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
