"""TimeDistributed and Bidirectional: equal to what they stand for, named, nested, and refused."""

import json

import numpy as np
import pytest

from halflight.nn import Input, Model, layers
from halflight.nn.configuration import plain
from halflight.nn.layers import LAYERS, Bidirectional, TimeDistributed
from halflight.nn.layers.wrapper import LARGEST_DEPTH


def assign(placed, values):
    """Set the weights of a placed layer."""
    for weight, value in zip(placed.layer.weights.values(), values, strict=True):
        weight.value[...] = value


def test_time_distributed_dense_is_dense(place):
    wrapped = place(TimeDistributed(layers.Dense(4, "silu")), [(5, 3)], "reference")
    dense = place(layers.Dense(4, "silu"), [(5, 3)], "reference")
    dense.inputs = wrapped.inputs
    assert list(wrapped.layer.weights) == ["dense/kernel", "dense/bias"]
    assign(wrapped, [weight.value for weight in dense.layer.weights.values()])
    np.testing.assert_array_equal(wrapped.forward(), dense.forward())
    cotangent = np.random.default_rng(1).normal(size=dense.output.shape)
    (dx,), (expected,) = wrapped.backward(cotangent.copy()), dense.backward(cotangent.copy())
    np.testing.assert_array_equal(dx, expected)
    for name, weight in dense.layer.weights.items():
        np.testing.assert_array_equal(wrapped.layer.weights[f"dense/{name}"].grad, weight.grad)


def test_time_distributed_convolution_is_one_image_after_another(place):
    wrapped = place(TimeDistributed(layers.Conv2D(2, 3)), [(4, 5, 6, 3)], "reference")
    single = place(layers.Conv2D(2, 3), [(5, 6, 3)], "reference")
    assign(single, [weight.value for weight in wrapped.layer.weights.values()])
    sequences = wrapped.forward()
    for step in range(4):
        single.inputs[0][...] = wrapped.inputs[0][:, step]
        np.testing.assert_allclose(single.forward(), sequences[:, step], rtol=1e-12)


def test_batch_statistics_are_over_samples_and_steps(place):
    norm = layers.BatchNormalization(momentum=0.0, epsilon=1e-9)
    placed = place(TimeDistributed(norm), [(5, 2)], "reference", batch=7)
    placed.forward()
    states = {name.split("/")[1]: weight.value for name, weight in placed.layer.weights.items()}
    x = placed.inputs[0]
    np.testing.assert_allclose(states["moving_mean"], x.mean(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(states["moving_variance"], x.var(axis=(0, 1)), rtol=1e-12)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("mode", "merge"),
    [
        ("concat", lambda a, b: np.concatenate([a, b], axis=-1)),
        ("sum", np.add),
        ("mul", np.multiply),
        ("ave", lambda a, b: (a + b) / 2),
    ],
)
def test_bidirectional_is_two_layers(mode, merge, sequences, turned, place):
    shared = {"return_sequences": sequences, "name": "r"}
    both = place(
        Bidirectional(layers.LSTM(4, go_backwards=turned, **shared), mode), [(6, 3)], "reference"
    )
    ahead = place(layers.LSTM(4, go_backwards=turned, **shared), [(6, 3)], "reference")
    behind = place(layers.LSTM(4, go_backwards=not turned, **shared), [(6, 3)], "reference")
    values = [weight.value for weight in both.layer.weights.values()]
    assign(ahead, values[:3])
    assign(behind, values[3:])
    ahead.inputs = behind.inputs = both.inputs
    second = behind.forward()
    expected = merge(ahead.forward(), second[:, ::-1] if sequences else second)
    np.testing.assert_array_equal(both.forward(), expected)
    assert list(both.layer.weights)[2:4] == ["forward_r/bias", "backward_r/kernel"]


def test_weights_of_both_directions_are_drawn_apart():
    inputs, both = Input((5, 3)), Bidirectional(layers.GRU(4), name="both")
    model = Model(inputs, both(inputs))
    weights = model.get_weights()
    kernels = [weights[f"both/{way}_gru/kernel"] for way in ("forward", "backward")]
    assert not np.array_equal(*kernels)
    assert both.count_params() == sum(w.size for w in weights.values()) == 2 * (36 + 48 + 24)


def test_shared_wrapper_has_one_set_of_weights():
    inputs, shared = Input((4, 3)), TimeDistributed(layers.Dense(3, "silu"), name="steps")
    model = Model(inputs, layers.Flatten()(shared(shared(inputs))), backend="reference")
    assert set(model.get_weights()) == {"steps/dense/kernel", "steps/dense/bias"}
    model.compile("sgd", "mean_squared_error")
    before = model.get_weights()["steps/dense/bias"]
    model.fit(np.ones((2, 4, 3)), np.zeros((2, 12)), batch_size=2)
    assert not np.array_equal(before, model.get_weights()["steps/dense/bias"])


def test_frozen_and_thawed_together():
    wrapper = TimeDistributed(TimeDistributed(layers.Dense(2, trainable=False)))
    assert not wrapper.trainable
    wrapper.trainable = True
    assert wrapper.layer.trainable
    assert wrapper.layer.layer.trainable
    both = Bidirectional(layers.LSTM(2), trainable=False)
    assert not both.layer.trainable
    assert not both.forward_layer.trainable
    assert not both.backward_layer.trainable
    assert LAYERS.construct(plain(both)).get_config() == both.get_config()


def test_the_given_layer_is_left_alone():
    dense = layers.Dense(3)
    wrapper = TimeDistributed(dense, trainable=False)
    wrapper(Input((4, 2)))
    assert wrapper.layer is not dense
    assert dense.name is None
    assert dense.trainable
    assert not dense.weights


def test_operations_are_counted():
    dense = TimeDistributed(layers.Dense(4))
    assert dense.flops((5, 3), (5, 4)) == 5 * 4 * (2 * 3 + 1)
    both = Bidirectional(layers.SimpleRNN(4), "ave")
    assert both.flops((5, 3), (4,)) == 2 * 5 * (2 * 4 * (3 + 4) + 4) + 2 * 4


def nested(depth):
    """The configuration of that many wrappers around a Dense."""
    entry = {"class": "Dense", "config": {"units": 2}}
    for _ in range(depth):
        entry = {"class": "TimeDistributed", "config": {"layer": entry}}
    return entry


def test_nesting_is_limited():
    deepest = LAYERS.construct(nested(LARGEST_DEPTH))
    again = LAYERS.construct(json.loads(json.dumps(plain(deepest))))
    assert again.get_config() == deepest.get_config()
    with pytest.raises(ValueError, match="at most 8 wrappers may be nested"):
        TimeDistributed(deepest)
    for depth in (LARGEST_DEPTH + 1, 100000):
        with pytest.raises(ValueError, match="at most 8 wrappers may be nested"):
            LAYERS.construct(nested(depth))
    endless = {"class": "TimeDistributed", "config": {}}
    endless["config"]["layer"] = endless
    with pytest.raises(ValueError, match="at most 8 wrappers may be nested"):
        LAYERS.construct(endless)


def test_errors_name_layer_rule_and_value():
    def bad(make, *parts):
        with pytest.raises(ValueError, match=r"received|unknown") as caught:
            make()
        for part in parts:
            assert part in str(caught.value)

    used = layers.Dense(2, name="used")
    used(Input((3,)))
    bad(lambda: TimeDistributed(used), "must not be in use elsewhere", "Dense 'used'")
    bad(lambda: TimeDistributed(3, name="t"), "TimeDistributed 't'", "must be a layer", "3")
    bad(lambda: TimeDistributed(layers.Dense), "must be a layer")
    bad(lambda: TimeDistributed(layers.Add()), "one tensor of floats", "Add")
    bad(lambda: TimeDistributed(layers.Embedding(3, 2)), "one tensor of floats", "Embedding")
    bad(lambda: TimeDistributed({"class": "Model", "config": {}}), "unknown class 'Model'")
    bad(lambda: TimeDistributed({"class": "Dense"}), 'expected {"class": ..., "config": ...}')
    bad(lambda: TimeDistributed({"class": "Dense", "config": {"layer": 3}}), "unknown argument")
    bad(lambda: TimeDistributed(layers.Dense(2))(Input((5,))), "sequence (time, ...)", "(5,)")
    inner = TimeDistributed(layers.Conv2D(2, 3, name="c"))
    bad(lambda: inner(Input((5, 4))), "Conv2D 'c'", "image", "(4,)")
    bad(lambda: Bidirectional(layers.Dense(2)), "SimpleRNN, LSTM, GRU or ConvLSTM", "Dense")
    bad(lambda: Bidirectional(inner), "SimpleRNN, LSTM, GRU or ConvLSTM", "TimeDistributed")
    bad(lambda: Bidirectional(layers.LSTM(2), "max"), "merge_mode", "'max'")
    bad(lambda: Bidirectional(layers.LSTM(2))(Input((5,))), "LSTM 'forward_lstm'", "(5,)")
    with pytest.raises(TypeError, match="unexpected keyword argument 'backward_layer'"):
        Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2))
