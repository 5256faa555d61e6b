"""What all optimizers share: clipping, decay, averages, rates of layers, a rate that is set."""

import math

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, schedules
from halflight.nn.optimizers import SGD, Adam
from halflight.nn.schedules import ExponentialDecay
from halflight.nn.trainable import spans, trainable

every_backend = pytest.mark.parametrize("backend", ["reference", "cpu"])


def model_with(optimizer, backend="reference"):
    x = Input((2,))
    h = layers.Dense(3, name="first")(x)
    h = layers.BatchNormalization(name="norm")(h)
    model = Model(x, layers.Dense(1, name="last")(h), backend=backend)
    model.compile(optimizer, "mse")
    return model


def trained(model):
    return {name: weight for name, weight in model.graph.weights.items() if weight.trained}


def step(model, gradient):
    """One step by the same gradient everywhere; return how far every weight went."""
    before = model.get_weights()
    for weight in trained(model).values():
        model.kernels.fill(weight.grad, gradient)
    model.optimizer.step()
    after = model.get_weights()
    return {name: after[name] - before[name] for name in trained(model)}


@every_backend
def test_global_clipnorm_scales_the_common_norm(backend):
    model = model_with(SGD(1.0, global_clipnorm=0.5), backend)
    model.freeze("first")
    moved = step(model, 3.0)
    norm = math.sqrt(sum(float((change**2).sum()) for change in moved.values()))
    assert norm == pytest.approx(0.5)
    assert not moved["first/kernel"].any()
    moved = step(model, 1e-3)  # below the limit: not scaled up
    np.testing.assert_allclose(moved["last/bias"], -1e-3, rtol=1e-4)


@every_backend
def test_clipnorm_scales_every_weight_by_itself(backend):
    model = model_with(SGD(1.0, clipnorm=0.5), backend)
    model.freeze("norm")
    moved = step(model, 3.0)
    assert not moved["norm/gamma"].any()
    for name in ("first/kernel", "first/bias", "last/kernel", "last/bias"):
        expected = -0.5 / math.sqrt(moved[name].size)
        np.testing.assert_allclose(moved[name], expected, rtol=1e-5, err_msg=name)
    moved = step(model, 0.125)  # of norm 0.31 in the kernel: not scaled up
    np.testing.assert_allclose(moved["first/kernel"], -0.125, rtol=1e-5)


@every_backend
def test_clipvalue_clips_every_number(backend):
    model = model_with(SGD(1.0, clipvalue=0.5), backend)
    for gradient, expected in ((3.0, -0.5), (-3.0, 0.5), (0.25, -0.25)):
        for change in step(model, gradient).values():
            np.testing.assert_allclose(change, expected, rtol=1e-5)


@every_backend
def test_weight_decay_is_of_kernels_alone(backend):
    model = model_with(SGD(0.5, weight_decay=0.25), backend)
    before = model.get_weights()
    for name, change in step(model, 0.0).items():
        share = -0.125 if name.endswith("kernel") else 0.0
        np.testing.assert_allclose(change, share * before[name], rtol=1e-5, atol=1e-7)


@every_backend
def test_the_average_begins_with_the_first_step_and_replaces_at_the_end(backend):
    model = model_with(SGD(1.0, use_ema=True, ema_momentum=0.75), backend)
    model.optimizer.finalize()  # no step yet: nothing to put in place
    start = model.get_weights()["last/bias"]
    model.set_weights({name: value + 8.0 for name, value in model.get_weights().items()})
    model.freeze("first")
    frozen = model.get_weights()["first/kernel"].tobytes()
    for gradient in (1.0, 1.0, -2.0):  # the bias is at 7, 6 and 8: averages 7, 6.75, 7.0625
        step(model, gradient)
    np.testing.assert_allclose(model.get_weights()["last/bias"], start + 8.0)
    model.optimizer.finalize()
    np.testing.assert_allclose(model.get_weights()["last/bias"], start + 7.0625)
    assert model.get_weights()["first/kernel"].tobytes() == frozen


def test_the_average_replaces_the_weights_every_few_steps():
    options = {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 2}
    model = model_with(SGD(1.0, **options))
    start = model.get_weights()["last/bias"]
    expected = (-1.0, -1.25, -2.25)  # -1; -2, replaced by 0.75 (-1) + 0.25 (-2); one further
    for place in expected:
        step(model, 1.0)
        np.testing.assert_allclose(model.get_weights()["last/bias"], start + place)


@every_backend
def test_rates_of_layers(backend):
    multipliers = {"la*": 0.5, "last": 9.0, "n?rm": 0}
    model = model_with(SGD(1.0, learning_rate_multipliers=multipliers), backend)
    moved = step(model, 1.0)
    rates = {"first": 1.0, "norm": 0.0, "last": 0.5}  # the first pattern that matches counts
    for name, change in moved.items():
        np.testing.assert_allclose(change, -rates[name.partition("/")[0]], rtol=1e-6)


def test_a_pattern_that_matches_no_layer_is_an_error():
    with pytest.raises(ValueError, match=r"no layer matches 'trunk_\*'.*'first', 'norm', 'last'"):
        model_with(SGD(learning_rate_multipliers={"first": 1.0, "trunk_*": 0.1}))


def test_two_calls_when_nothing_is_frozen():
    model = model_with("adam")
    found = spans(model.parameters, model.layers)
    assert [span.decay for span in found] == [True, False]
    found = spans(model.parameters, model.layers, {"first": 0.5})
    assert [(span.decay, span.factor) for span in found] == [
        (True, 0.5),
        (True, 1.0),
        (False, 0.5),
        (False, 1.0),
    ]
    model = model_with("adam")
    model.freeze("first")
    assert len(trainable(model.layers)) == 4


def test_the_schedule_is_asked_for_the_steps_made():
    model = model_with(SGD(ExponentialDecay(0.1, 1, 0.5)))
    rates = []
    for _ in range(3):
        rates.append(model.optimizer.current_learning_rate())
        model.optimizer.step()
    assert rates == pytest.approx([0.1, 0.05, 0.025])


def test_a_rate_that_is_set_takes_effect_and_is_part_of_the_state():
    model = model_with(SGD(0.5))
    assert model.optimizer.scalars() == {"iterations": 0, "learning_rate": None}
    model.optimizer.learning_rate = 0.25
    assert model.optimizer.current_learning_rate() == 0.25
    np.testing.assert_allclose(step(model, 1.0)["last/bias"], -0.25)
    state, slots = model.optimizer.scalars(), model.optimizer.get_state()
    assert state == {"iterations": 1, "learning_rate": 0.25}
    other = model_with(SGD(0.5))
    other.optimizer.set_state(slots, state)
    assert (other.optimizer.iterations, other.optimizer.current_learning_rate()) == (1, 0.25)
    model.optimizer.learning_rate = schedules.CosineDecay(0.5, 2)
    other.optimizer.set_state(slots, model.optimizer.scalars())
    assert other.optimizer.current_learning_rate() == pytest.approx(0.25)
    model.optimizer.learning_rate = -1.0
    with pytest.raises(ValueError, match="must be a finite number of at least 0, received -1.0"):
        model.optimizer.step()


def test_state_of_another_model_is_refused():
    model = model_with("adam")
    state = model.optimizer.get_state()
    with pytest.raises(ValueError, match="Adam: needs the slots"):
        model.optimizer.set_state(dict(list(state.items())[:1]), model.optimizer.scalars())
    averaged = model_with(Adam(use_ema=True))
    with pytest.raises(ValueError, match="'average:first/kernel'"):
        averaged.optimizer.check_state(state)


def test_an_optimizer_may_be_built_again():
    optimizer = Adam()
    for _ in range(2):
        model = Sequential([Input((2,)), layers.Dense(1)], backend="reference")
        model.compile(optimizer)
        assert optimizer.iterations == 0
        assert not optimizer.slots["m"].any()
        for weight in trained(model).values():
            model.kernels.fill(weight.grad, 1.0)
        optimizer.step()
