"""Regularizers and constraints as a training step applies them, by hand."""

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, regularizers
from halflight.nn.constraints import MaxNorm, MinMaxNorm, NonNeg
from halflight.nn.initializers import Constant, RandomUniform
from halflight.nn.optimizers import SGD
from halflight.nn.penalties import apply_constraints, regularized, write_penalties

every_backend = pytest.mark.parametrize("backend", ["reference", "cpu"])


def model(backend):
    stack = Sequential(
        [
            Input((2,)),
            layers.Dense(
                2,
                name="first",
                kernel_regularizer=regularizers.L1L2(0.5, 0.25),
                kernel_constraint=MaxNorm(2.5),
                bias_constraint=MaxNorm(1.0),
            ),
            layers.Dense(1, name="last", bias_regularizer="l2", kernel_initializer="ones"),
        ],
        backend=backend,
    )
    values = {"first/kernel": [[3.0, 0.0], [4.0, -1.0]], "first/bias": [3.0, -4.0]}
    values |= {"last/kernel": [[9.0], [9.0]], "last/bias": [2.0]}
    stack.set_weights({name: np.array(value) for name, value in values.items()})
    stack.kernels.fill(stack.parameters.gradients, 10.0)
    return stack


def penalties(stack, *, gradients):
    """The sum of the penalties."""
    kernels = stack.kernels
    numbers = [kernels.empty((1,)) for _ in regularized(stack.layers)]
    write_penalties(kernels, stack.layers, numbers, gradients=gradients)
    return sum(float(kernels.to_host(number)[0]) for number in numbers)


def constrain(stack):
    """Bring the weights back."""
    apply_constraints(stack.kernels, stack.parameters, stack.layers)


def gradients(stack):
    return {n: stack.kernels.to_host(w.grad) for n, w in stack.graph.weights.items()}


@every_backend
def test_regularizers(backend):
    stack = model(backend)
    # 0.5 (3 + 4 + 1) + 0.25 (9 + 16 + 1) of the kernel, and 0.01 * 2^2 of the last bias
    expected = 4.0 + 6.5 + 0.04
    assert penalties(stack, gradients=False) == pytest.approx(expected)
    assert all((gradient == 10.0).all() for gradient in gradients(stack).values())
    assert penalties(stack, gradients=True) == pytest.approx(expected)
    received = gradients(stack)
    np.testing.assert_allclose(received["first/kernel"], [[12.0, 10.0], [12.5, 9.0]])
    np.testing.assert_allclose(received["last/bias"], [10.04])
    assert (received["first/bias"] == 10.0).all()
    assert (received["last/kernel"] == 10.0).all()


@every_backend
def test_constraints(backend):
    stack = model(backend)
    before = stack.get_weights()
    constrain(stack)
    after = stack.get_weights()
    np.testing.assert_allclose(after["first/kernel"], [[1.5, 0.0], [2.0, -1.0]], rtol=1e-6)
    np.testing.assert_allclose(after["first/bias"], [0.6, -0.8], rtol=1e-6)  # the whole vector
    for name in ("last/kernel", "last/bias"):
        np.testing.assert_array_equal(after[name], before[name])


@every_backend
def test_frozen_layers_are_left_alone(backend):
    stack = model(backend)
    stack.freeze("first")
    before = stack.get_weights()["first/kernel"]
    constrain(stack)
    np.testing.assert_array_equal(stack.get_weights()["first/kernel"], before)
    assert penalties(stack, gradients=True) == pytest.approx(0.04)
    assert (gradients(stack)["first/kernel"] == 10.0).all()


@every_backend
def test_a_convolution_is_limited_by_filter(backend):
    stack = Sequential(
        [
            Input((3, 3, 2)),
            layers.Conv2D(2, 2, kernel_initializer="ones", kernel_constraint=MaxNorm(1.0)),
        ],
        backend=backend,
    )
    assert (stack.get_weights()["conv2d/kernel"] == 1.0).all()
    constrain(stack)
    kernel = stack.get_weights()["conv2d/kernel"]  # 2 x 2 x 2 ones for each filter: norm sqrt(8)
    np.testing.assert_allclose(kernel, 1 / np.sqrt(8), rtol=1e-6)


@every_backend
def test_fit_applies_them(backend):
    """One step of SGD follows the penalty's gradient, reports its value, and cuts the norm."""
    inputs = Input((1,))
    dense = layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=Constant(4.0),
        kernel_regularizer=regularizers.L2(0.5),
        kernel_constraint=MaxNorm(1.5),
    )
    stack = Model(inputs, dense(inputs), backend=backend)
    stack.compile(SGD(0.25), "mean_squared_error")
    x, y = np.zeros((1, 1)), np.zeros(1)
    history = stack.fit(x, y)
    assert history[0]["loss"] == pytest.approx(0.5 * 16)
    # 4 - 0.25 * (2 * 0.5 * 4) = 3, and then at most 1.5
    assert stack.get_weights()["dense/kernel"] == pytest.approx(1.5)
    assert stack.evaluate(x, y)["loss"] == pytest.approx(0.5 * 1.5**2)


CONSTRAINTS = {
    "unit_norm": np.ones_like,
    "min_max_norm": lambda norm: np.clip(norm, 0, 1),
    MinMaxNorm(2.0, 3.0, rate=0.5): lambda norm: (np.clip(norm, 2, 3) + norm) / 2,
    "max_norm": lambda norm: np.minimum(norm, 2),
}


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=str)
def test_norms_are_brought_where_they_may_be(constraint, backend):
    def norms(chosen):
        start = RandomUniform(-2.0, 2.0)
        dense = layers.Dense(6, kernel_initializer=start, kernel_constraint=chosen, name="d")
        stack = Sequential([Input((5,)), dense], backend=backend)
        stack.compile("sgd", "mse")
        stack.fit(np.ones((4, 5)), np.zeros((4, 6)), verbose=0)
        return np.linalg.norm(stack.get_weights()["d/kernel"], axis=0)

    np.testing.assert_allclose(norms(constraint), CONSTRAINTS[constraint](norms(None)), rtol=1e-5)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_weights_that_are_not_negative(backend):
    dense = layers.Dense(6, kernel_constraint="non_neg", bias_constraint=NonNeg(), name="d")
    stack = Sequential([Input((5,)), dense], backend=backend)
    stack.compile("sgd", "mse")
    stack.fit(np.ones((4, 5)), -np.ones((4, 6)), verbose=0)
    assert (stack.get_weights()["d/kernel"] >= 0).all()
    assert (stack.get_weights()["d/bias"] >= 0).all()


def test_limits_in_order():
    with pytest.raises(ValueError, match=r"min_value must be at most max_value 1.0, received 2.0"):
        MinMaxNorm(2.0, 1.0)


def test_penalties_and_constraints_of_gamma_beta_and_alpha():
    stack = Sequential(
        [
            Input((4,)),
            layers.BatchNormalization(gamma_regularizer="l2", beta_constraint="non_neg"),
            layers.LayerNormalization(
                beta_regularizer=regularizers.L2(0.5), beta_initializer="ones"
            ),
            layers.PReLU(
                "ones", alpha_regularizer=regularizers.L2(0.25), alpha_constraint="unit_norm"
            ),
        ],
        backend="reference",
    )
    stack.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(8, 4))
    loss = stack.evaluate(x, stack.predict(x))["loss"]
    assert loss == pytest.approx(0.01 * 4 + 0.5 * 4 + 0.25 * 4)
    stack.fit(x, x - 9.0, verbose=0)
    weights = stack.get_weights()
    assert (weights["batch_normalization/beta"] >= 0).all()
    assert np.linalg.norm(weights["p_re_lu/alpha"]) == pytest.approx(1.0)
