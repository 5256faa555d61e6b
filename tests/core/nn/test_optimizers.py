"""Optimizers: a row each with three steps by hand, and weight decay, clipping, frozen layers."""

import math

import numpy as np
import pytest

from core.nn import Input, Model, layers, optimizers, schedules
from core.nn.optimizers import OPTIMIZERS, SGD, Adam, AdamW

GRADIENTS = (0.5, -1.0, 2.0)


def sgd_by_hand(w, decay):
    for g in GRADIENTS:
        w -= 0.1 * (g + decay * w)
    return w


def momentum_by_hand(w, decay):
    velocity = 0.0
    for g in GRADIENTS:
        w -= 0.1 * decay * w
        velocity = 0.9 * velocity - 0.1 * g
        w += velocity
    return w


def nesterov_by_hand(w, decay):
    velocity = 0.0
    for g in GRADIENTS:
        w -= 0.1 * decay * w
        velocity = 0.9 * velocity - 0.1 * g
        w += 0.9 * velocity - 0.1 * g
    return w


def adam_by_hand(w, decay):
    m = v = 0.0
    for step, g in enumerate(GRADIENTS, start=1):
        w -= 0.1 * decay * w
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        rate = 0.1 * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        w -= rate * m / (math.sqrt(v) + 1e-7)
    return w


ROWS = {
    "sgd": (lambda: SGD(0.1), sgd_by_hand, 0.0),
    "sgd decay": (lambda: SGD(0.1, weight_decay=0.3), sgd_by_hand, 0.3),
    "momentum": (lambda: SGD(0.1, momentum=0.9), momentum_by_hand, 0.0),
    "nesterov": (lambda: SGD(0.1, momentum=0.9, nesterov=True), nesterov_by_hand, 0.0),
    "adam": (lambda: Adam(0.1), adam_by_hand, 0.0),
    "adamw": (lambda: AdamW(0.1, weight_decay=0.3), adam_by_hand, 0.3),
}


def test_every_optimizer_has_a_row():
    assert {type(make()) for make, _, _ in ROWS.values()} == set(OPTIMIZERS.values())


def model_with(optimizer, backend="reference"):
    x = Input((2,))
    h = layers.Dense(3, name="first")(x)
    h = layers.BatchNormalization(name="norm")(h)
    model = Model(x, layers.Dense(1, name="last")(h), backend=backend)
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_three_steps_by_hand(row, backend):
    make, by_hand, decay = row
    model = model_with(make(), backend)
    before = model.get_weights()
    for gradient in GRADIENTS:
        for weight in model.graph.weights.values():
            if weight.trained:
                model.kernels.fill(weight.grad, gradient)
        model.optimizer.step()
    assert model.optimizer.iterations == 3
    for name, value in model.get_weights().items():
        weight = model.graph.weights[name]
        expected = before[name].astype(np.float64)
        if weight.trained:
            expected = by_hand(expected, decay if name.endswith("kernel") else 0.0)
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_adamw_decays_by_default_as_in_keras():
    assert AdamW().weight_decay == 0.004
    assert Adam().weight_decay is None
    assert (SGD().learning_rate, Adam().learning_rate) == (0.01, 0.001)


def test_global_clipnorm_scales_the_common_norm():
    model = model_with(SGD(1.0, global_clipnorm=0.5))
    model.freeze("first")
    before = model.get_weights()
    for weight in model.graph.weights.values():
        if weight.trained:
            model.kernels.fill(weight.grad, 3.0)
    model.optimizer.step()
    after = model.get_weights()
    moved = {name: before[name] - after[name] for name in before}
    norm = math.sqrt(sum(float((change**2).sum()) for change in moved.values()))
    assert norm == pytest.approx(0.5)
    assert not moved["first/kernel"].any()
    for weight in model.graph.weights.values():
        if weight.trained:
            model.kernels.fill(weight.grad, 1e-3)  # below the limit: not scaled up
    model.optimizer.step()
    np.testing.assert_allclose(model.get_weights()["last/bias"], after["last/bias"] - 1e-3)


def test_the_schedule_is_asked_for_the_steps_made():
    model = model_with(SGD(schedules.ExponentialDecay(0.1, 1, 0.5)))
    rates = []
    for _ in range(3):
        rates.append(model.optimizer.current_learning_rate())
        model.optimizer.step()
    assert rates == pytest.approx([0.1, 0.05, 0.025])


def test_state_of_another_model_is_refused():
    model = model_with("adam")
    state = model.optimizer.get_state()
    with pytest.raises(ValueError, match="needs the slots"):
        model.optimizer.set_state({"m": state["m"]}, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam("1e-3"), "received '1e-3'"),
        (lambda: SGD(momentum=2.0), "at most 1"),
        (lambda: Adam(beta_1=1.0), "below 1"),
        (lambda: SGD(global_clipnorm=0.0), "global_clipnorm"),
        (lambda: AdamW(weight_decay=-1.0), "AdamW: weight_decay"),
        (lambda: optimizers.get("adagrad"), "known are sgd, adam, adamw"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
