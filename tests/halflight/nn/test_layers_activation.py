"""Activation layers and the perceptron: rules of their arguments, and values by hand."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers, optimizers


def outputs(layer, x):
    x = np.asarray(x, np.float64)
    inputs = Input(x.shape[1:])
    return Model(inputs, layer(inputs), backend="reference").predict(x)


def test_relu_variations_by_hand():
    x = [[-2.0, 0.5, 1.0, 2.5, 7.0]]
    np.testing.assert_array_equal(outputs(layers.ReLU(), x), [[0.0, 0.5, 1.0, 2.5, 7.0]])
    np.testing.assert_array_equal(outputs(layers.ReLU(6.0), x), [[0.0, 0.5, 1.0, 2.5, 6.0]])
    leaky = layers.ReLU(negative_slope=0.5, threshold=1.0)
    np.testing.assert_array_equal(outputs(leaky, x), [[-1.5, -0.25, 0.0, 2.5, 7.0]])


def test_named_and_own_layers_are_the_same():
    x = np.linspace(-3.0, 3.0, 12).reshape(2, 6)
    for name, layer in (
        ("linear", layers.Linear),
        ("sigmoid", layers.Sigmoid),
        ("tanh", layers.Tanh),
        ("gaussian", layers.Gaussian),
        ("relu", layers.ReLU),
        ("leaky_relu", lambda: layers.LeakyReLU(0.2)),
        ("elu", layers.ELU),
        ("selu", layers.SELU),
        ("gelu", layers.GELU),
        ("silu", layers.SiLU),
        ("softplus", layers.Softplus),
        ("softmax", layers.Softmax),
        ("step", layers.Step),
    ):
        expected = outputs(layers.Activation(name), x)
        np.testing.assert_array_equal(outputs(layer(), x), expected, err_msg=name)


def test_prelu_shares_its_slopes():
    inputs = Input((4, 3, 2))
    slopes = {None: (4, 3, 2), (1,): (1, 3, 2), (1, 2): (1, 1, 2), (1, 2, 3): (1, 1, 1)}
    for shared, shape in slopes.items():
        layer = layers.PReLU(shared_axes=shared)
        layer(inputs)
        assert layer.alpha.shape == shape


def test_perceptron_rule_by_hand():
    """At rate 1 a unit moves by (target - output) x: the square doubles, two units' mean halves."""
    inputs = Input((2,))
    layer = layers.Perceptron(2, kernel_initializer="ones", name="p")
    model = Model(inputs, layer(inputs), backend="reference")
    model.compile(optimizers.SGD(learning_rate=1.0), "mean_squared_error")
    x = np.array([[2.0, 3.0]])
    np.testing.assert_array_equal(model.predict(x), [[1.0, 1.0]])
    model.fit(x, np.array([[0.0, 1.0]]), batch_size=1)
    weights = model.get_weights()
    np.testing.assert_allclose(weights["p/kernel"], [[1.0 - 2.0, 1.0], [1.0 - 3.0, 1.0]])
    np.testing.assert_allclose(weights["p/bias"], [-1.0, 0.0])
    np.testing.assert_array_equal(model.predict(x), [[0.0, 1.0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Softmax(0)(Input((3,))), "axis must name axes of the input"),
        (lambda: layers.GELU(1), "approximate must be True or False"),
        (lambda: layers.ReLU(-1.0), "max_value must be a finite number"),
        (lambda: layers.ReLU(negative_slope=None), "negative_slope must be a finite number"),
        (lambda: layers.PReLU(shared_axes=(2,)), "shared_axes must be 1, 2"),
        (lambda: layers.PReLU(shared_axes=(1, 2))(Input((5,))), "shared_axes must be axes of"),
        (lambda: layers.Perceptron(0), "units must be a positive integer"),
        (lambda: layers.GaussianNoise(-1.0), "stddev must be a finite number"),
        (lambda: layers.GaussianDropout(1.0), "rate must be .* at least 0"),
        (lambda: layers.SpatialDropout1D(0.5)(Input((4, 3, 2))), r"needs an input \(steps"),
        (lambda: layers.Sampling()([Input((3,)), Input((4,))]), "of one shape"),
        (lambda: layers.Sampling(seed=-1), "seed must be an integer of 0 to"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=f"{message}.*received"):
        make()


def test_noise_is_off_in_prediction():
    x = np.linspace(-1.0, 1.0, 24).reshape(2, 4, 3)
    for layer in (layers.GaussianNoise(1.0), layers.GaussianDropout(0.5)):
        np.testing.assert_array_equal(outputs(layer, x), x)
    np.testing.assert_array_equal(outputs(layers.SpatialDropout1D(0.5), x), x)
    mean, log_variance = Input((3,)), Input((3,))
    model = Model([mean, log_variance], layers.Sampling()([mean, log_variance]))
    np.testing.assert_array_equal(model.predict([x[0], x[1]]), x[0].astype(np.float32))


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_threshold_itself_is_below_as_in_keras(backend):
    """Keras multiplies x by (x > threshold); so does the gradient."""
    x = np.array([[0.2, 0.5, np.nextafter(np.float32(0.5), np.float32(1)), 1.0, 6.0]])
    row = Input((5,))
    for slope in (0.0, 0.1):
        layer = layers.ReLU(6, slope, threshold=0.5)
        stack = Model(row, layers.ReLU(6, slope, threshold=0.5)(row), backend=backend)
        expected = np.where(x > 0.5, x, slope * (x - 0.5))
        np.testing.assert_allclose(stack.predict(x), expected, rtol=1e-6)
        k = stack.kernels
        gradient = k.empty(x.shape)
        layer.function.backward(k, gradient, k.to_device(np.ones(x.shape)), k.to_device(x), None)
        np.testing.assert_allclose(k.to_host(gradient)[0], [slope, slope, 1, 1, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: layers.LeakyReLU(0), [[0.0, 0.0, 2.0]]),
        (lambda: layers.LeakyReLU(1), [[-2.0, 0.0, 2.0]]),
        (lambda: layers.LeakyReLU(1.5), [[-3.0, 0.0, 2.0]]),
        (lambda: layers.ELU(0), [[0.0, 0.0, 2.0]]),
        (lambda: layers.ReLU(max_value=0), [[0.0, 0.0, 0.0]]),
        (lambda: layers.ReLU(negative_slope=2), [[-4.0, 0.0, 2.0]]),
    ],
)
def test_slopes_at_the_ends_of_keras_ranges(make, expected):
    np.testing.assert_allclose(outputs(make(), [[-2.0, 0.0, 2.0]]), expected)


GRID = np.linspace(-9.0, 9.0, 145)  # with every corner on it
FURTHER = {
    "celu": lambda x: np.maximum(x, 0) + np.minimum(np.expm1(np.minimum(x, 0)), 0),
    "hard_silu": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_shrink": lambda x: x * (np.abs(x) > 0.5),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "threshold": lambda x: x * (x > 0),
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "sparse_plus": lambda x: np.where(np.abs(x) < 1, (x + 1) ** 2 / 4, np.maximum(x, 0)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "swish": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_activations_are_their_formulas(name, place):
    placed = place(layers.Activation(name), [GRID.shape], "reference", batch=1)
    placed.inputs[0][...] = GRID
    np.testing.assert_allclose(placed.forward()[0], FURTHER[name](GRID), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "expected"), [("log_sigmoid", [-1e4, 0]), ("squareplus", [1e-4, 1e4])]
)
def test_far_out_nothing_overflows_or_cancels(name, expected, place):
    placed = place(layers.Activation(name), [(2,)], "reference", batch=1)
    placed.inputs[0][...] = [-1e4, 1e4]
    np.testing.assert_allclose(placed.forward()[0], expected, rtol=1e-7)
    (dx,) = placed.backward(np.ones((1, 2)))
    assert np.isfinite(dx).all()
