"""Whole graphs: gradients through fan-out, several inputs and shared layers, and planned memory."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers, steps
from halflight.nn.data import Batch
from halflight.nn.loader import staged


def branching_model(backend="reference", **options):
    """Two inputs; a map read three times, a shared layer, a tensor added to itself."""
    image, vector = Input((8, 8, 2), name="image"), Input((5,), name="vector")
    x = layers.Conv2D(4, 3, padding="same", activation="silu", name="c1")(image)
    x = layers.BatchNormalization(name="bn")(x)
    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    a = shared(x)
    b = layers.ELU(name="elu")(shared(a))
    x = layers.Add(name="add")([x, a, b])
    x = layers.Concatenate(name="join")([layers.MaxPooling2D(2, name="m")(x), half(x)])
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    v = layers.Dense(3, activation="tanh", name="v")(vector)
    v = layers.Add(name="twice")([v, v])
    x = layers.Concatenate(name="all")([x, v])
    x = layers.Dropout(0.3, name="drop")(x)
    output = layers.Dense(2, name="head")(x)
    return Model([image, vector], output, backend=backend, **options)


def half(x):
    return layers.AveragePooling2D(2, name="a")(x)


def data(samples=5):
    rng = np.random.default_rng(1)
    inputs = [rng.normal(size=(samples, 8, 8, 2)), rng.normal(size=(samples, 5))]
    return inputs, rng.normal(size=(samples, 1)), rng.random(samples) + 0.5


def gradients(model):
    return {
        name: model.kernels.to_host(weight.grad)
        for name, weight in model.graph.weights.items()
        if weight.trained
    }


def loss_and_gradients(model, inputs, target, weight):
    k = model.kernels
    executor = model.executor(len(target), training=True)
    executor._arena.fill(np.nan)  # nothing may be read before it is written
    (prediction,) = executor.forward([k.to_device(x) for x in inputs], step=2)
    (dprediction,), values = executor.output_gradients(len(target)), k.empty((len(target),))
    loss = model.objective.heads[0].loss
    loss.write(k, values, dprediction, prediction, k.to_device(target), k.to_device(weight))
    for trained in model.graph.weights.values():
        if trained.trained:
            k.fill(trained.grad, np.nan)  # as after a step gone wrong
    model.parameters.begin_gradients()
    executor.backward(len(target), step=2)
    model.parameters.end_gradients()
    return float(k.to_host(values) @ weight / weight.sum())


def test_a_dense_layer_used_twice_and_a_frozen_one(gradient_error):
    """The first gradient of a step replaces the last step's, the second is added to it."""
    vector = Input((5,))
    twice = layers.Dense(5, activation="tanh", name="twice")
    frozen = layers.Dense(3, name="frozen")
    output = layers.Dense(2, name="head")(frozen(twice(twice(vector))))
    model = Model(vector, output, backend="reference")
    model.compile("sgd", "gaussian_nll")
    frozen.trainable = False
    rng = np.random.default_rng(2)
    arguments = [rng.normal(size=(4, 5))], rng.normal(size=(4, 1)), np.ones(4)
    loss_and_gradients(model, *arguments)
    found = gradients(model)
    for name in ("twice/kernel", "twice/bias", "head/kernel"):
        error = gradient_error(
            lambda: loss_and_gradients(model, *arguments),
            model.graph.weights[name].value,
            found[name],
        )
        assert error <= 1e-6, name
    assert not found["frozen/kernel"].any()


def test_gradients_of_a_branching_graph(gradient_error):
    model = branching_model()
    model.compile("sgd", "gaussian_nll")
    inputs, target, weight = data()
    loss_and_gradients(model, inputs, target, weight)
    for name, gradient in gradients(model).items():
        error = gradient_error(
            lambda: loss_and_gradients(model, inputs, target, weight),
            model.graph.weights[name].value,
            gradient,
        )
        assert error <= 1e-6, name


def test_back_ends_agree_end_to_end():
    inputs, target, weight = data()
    found = {}
    for backend in ("reference", "cpu"):
        model = branching_model(backend)
        model.compile("sgd", "gaussian_nll")
        found[backend] = (loss_and_gradients(model, inputs, target, weight), gradients(model))
    assert found["cpu"][0] == pytest.approx(found["reference"][0], rel=1e-5)
    for name, gradient in found["reference"][1].items():
        np.testing.assert_allclose(found["cpu"][1][name], gradient, rtol=1e-3, atol=1e-5)


def test_frozen_layers_get_no_gradients_and_nothing_runs_below_them():
    model = branching_model()
    model.compile("sgd", "gaussian_nll")
    inputs, target, weight = data()
    loss_and_gradients(model, inputs, target, weight)
    whole = gradients(model)
    model.freeze("c1", "shared", "v")
    needed = model.graph.needs_gradient()
    names = {n.layer.name for n in model.graph.nodes if needed[n.output]}
    assert "c1" not in names
    assert "twice" not in names
    model.unfreeze("*")
    model.freeze("c1", "v")
    loss_and_gradients(model, inputs, target, weight)
    for name, gradient in gradients(model).items():
        if name.split("/")[0] in ("c1", "v"):
            assert not gradient.any(), name
        else:
            np.testing.assert_allclose(gradient, whole[name], rtol=1e-12, err_msg=name)


def test_no_array_is_allocated_in_a_step():
    model = branching_model()
    model.compile("adam", "gaussian_nll")
    inputs, target, weight = data()
    batch = staged(model.kernels.Staging(), Batch(inputs, [target], [weight]))
    results = steps.new_results(model.compiled())
    steps.restart(model.compiled())
    steps.train(model.compiled(), batch, results)
    allocated = []
    kernels = model.kernels

    class Counting:
        def __getattr__(self, name):
            if name in ("empty", "zeros"):
                allocated.append(name)
            return getattr(kernels, name)

    model.kernels = Counting()
    executor = model.executor(len(target), training=True)
    executor._kernels = model.kernels
    results._readback._kernels = model.kernels
    steps.train(model.compiled(), batch, results)
    assert allocated == []
    assert model.executor(2, training=True) is executor


def test_partial_batches_use_the_same_memory():
    model = branching_model()
    inputs, _, _ = data(7)
    whole = model.predict(inputs, batch_size=7)
    executor = model.executor(7, training=False)
    parts = model.predict(inputs, batch_size=3)
    assert model.executor(3, training=False) is executor
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    with pytest.raises(ValueError, match="planned for 1 to 7 samples, received 8"):
        executor.forward([np.zeros((8, 8, 8, 2)), np.zeros((8, 5))])


def test_inference_shares_memory():
    image = Input((16, 16, 4))
    x = image
    for _ in range(12):
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = Model(image, layers.Dense(1)(x), backend="reference")
    size = 8 * 16 * 16 * 4
    assert model.executor(8, training=False)._arena.size < 2.1 * size
    assert model.executor(8, training=True)._arena.size < 2.1 * size  # nothing to train in ReLU
