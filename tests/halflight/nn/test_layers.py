"""Every public layer, by one table: a row a layer, and all checks for every row."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from halflight.nn import Input, Model, layers, load_model
from halflight.nn.configuration import plain
from halflight.nn.initializers import HeNormal
from halflight.nn.layers import LAYERS
from tests.halflight.kernels.backends import COMPILED
from tests.halflight.nn.rows import ROWS
from tests.halflight.nn.rows.row import Row

every_gradient = pytest.mark.parametrize(
    "row",
    [row for row in ROWS.values() if row.gradient],
    ids=[name for name, row in ROWS.items() if row.gradient],
)
every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
every_activation = pytest.mark.parametrize("name", layers.activation.FUNCTIONS)


def test_every_public_layer_has_a_row():
    assert {type(row.make()).__name__ for row in ROWS.values()} == set(LAYERS)


def test_every_layer_hashes_by_identity():
    assert all(cls.__hash__ is object.__hash__ for cls in LAYERS.values())


@every_gradient
def test_gradient(row, place, gradient_error):
    placed = place(row.make(), row.shapes, "reference", integers=row.integers, masked=row.masked)
    cotangent = np.random.default_rng(5).normal(size=placed.output.shape)

    def value():
        return float(np.sum(placed.forward() * cotangent))

    value()
    gradients = placed.backward(cotangent.copy())
    for x, dx in zip(placed.inputs, gradients, strict=True):
        if dx is not None:
            assert gradient_error(value, x, dx) <= 1e-6
    for weight in placed.layer.weights.values():
        if weight.name in row.level:
            assert np.abs(weight.grad).max() <= 1e-13
        elif weight.trained and placed.layer.trainable:
            assert gradient_error(value, weight.value, weight.grad) <= 1e-6, weight.name


@every_activation
def test_gradient_of_every_activation(name, place, gradients_agree):
    placed = place(layers.Conv2D(3, 2, activation=name), [(5, 4, 2)], "reference")
    gradients_agree(placed)


@every_row
def test_gradients_of_weights_add_up(row, place):
    placed = place(row.make(), row.shapes, "reference", integers=row.integers, masked=row.masked)
    cotangent = np.random.default_rng(5).normal(size=placed.output.shape)
    placed.forward()
    placed.backward(cotangent.copy())
    once = {name: w.grad.copy() for name, w in placed.layer.weights.items() if w.trained}
    placed.forward()
    placed.backward(cotangent.copy())
    for name, gradient in once.items():
        np.testing.assert_allclose(placed.layer.weights[name].grad, 2 * gradient, atol=1e-13)


@every_row
@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("training", [True, False])
def test_back_ends_agree(row, name, training, place, agrees):
    """Each number errs by at most 4 times what float32 rounding alone costs."""

    def numbers(backend):
        placed = place(row.make(), row.shapes, backend, integers=row.integers, masked=row.masked)
        found = {"y": placed.forward(training)}
        if training:
            cotangent = np.random.default_rng(5).normal(size=found["y"].shape).astype(np.float32)
            for i, gradient in enumerate(placed.backward(cotangent)):
                if gradient is not None:
                    found[f"dx {i}"] = gradient
        for key, weight in placed.layer.weights.items():
            found[key] = weight.value
            if training and weight.trained:
                found[f"d{key}"] = weight.grad
        return found

    agrees(numbers("reference"), numbers("reference in float32"), numbers(name))


@every_row
def test_shape(row):
    layer, tensors = row.make(), row.tensors()
    output = row.call(layer, tensors)
    assert output.shape == row.output
    shapes = list(row.shapes) if len(row.shapes) > 1 or layer.takes_list else row.shapes[0]
    assert isinstance(layer.flops(shapes, output.shape), int)
    assert layer.flops(shapes, output.shape) >= 0


@every_row
def test_configuration_round_trip(row):
    layer = row.make()
    layer.name = "somename"
    entry = json.loads(json.dumps(plain(layer), allow_nan=False))
    again = LAYERS.construct(entry)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def model_of(row: Row, backend: str = "reference") -> Model:
    layer, inputs = row.make(), row.tensors()
    hidden = row.call(layer, inputs)
    hidden.mask = None  # which nothing behind knows of
    if len(hidden.shape) > 1:
        hidden = layers.Flatten()(hidden)
    return Model(inputs, layers.Dense(1)(hidden), backend=backend, seed=4)


def data_of(row: Row, samples: int = 6) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(2)
    return row.data(rng, samples), rng.normal(size=samples)


@every_row
def test_one_training_step_and_save_and_load(row, tmp_path):
    model = model_of(row)
    x, y = data_of(row)
    before = model.get_weights()
    model.compile("adam", "mean_squared_error")
    model.fit(x, y, batch_size=6)
    for layer in model.layers:
        for weight in layer.weights.values():
            name = f"{layer.name}/{weight.name}"
            changed = not np.array_equal(before[name], model.get_weights()[name])
            moves = layer.trainable
            if row.moves is not None and type(layer) is type(row.make()):
                moves = weight.name in row.moves
            assert changed == moves, name
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    assert [layer.get_config() for layer in again.layers] == [
        layer.get_config() for layer in model.layers
    ]
    model.reset_states()
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_same_padding_puts_the_odd_pixel_last():
    x = np.zeros((1, 4, 1, 1))
    x[0, :, 0, 0] = [1, 2, 3, 4]
    layer = layers.Conv2D(1, (2, 1), padding="same", kernel_initializer="ones", name="sum")
    image = Input((4, 1, 1))
    output = Model(image, layer(image), backend="reference").predict(x)
    np.testing.assert_array_equal(output.ravel(), [3, 5, 7, 4])


def test_batch_norm_moving_statistics_by_hand():
    inputs = Input((1,))
    norm = layers.BatchNormalization(momentum=0.9, epsilon=0.5, name="bn")
    model = Model(inputs, norm(inputs), backend="reference")
    model.compile("sgd", "mse")
    model.fit(np.array([[1.0], [3.0]]), np.zeros(2), batch_size=2)
    weights = model.get_weights()
    assert weights["bn/moving_mean"][0] == pytest.approx(0.9 * 0 + 0.1 * 2)
    assert weights["bn/moving_variance"][0] == pytest.approx(0.9 * 1 + 0.1 * 1)
    prediction = model.predict(np.array([[2.0]]))
    gamma, beta = weights["bn/gamma"][0], weights["bn/beta"][0]
    assert prediction[0, 0] == pytest.approx(gamma * (2 - 0.2) / np.sqrt(1 + 0.5) + beta)


def test_dropout_is_off_in_prediction_and_keeps_the_mean_in_training(place):
    placed = place(layers.Dropout(0.25), [(4000,)], "reference")
    placed.inputs[0][...] = 1.0
    np.testing.assert_array_equal(placed.forward(training=False), 1.0)
    output = placed.forward(training=True)
    assert set(np.unique(output)) == {0.0, 1 / 0.75}
    assert output.mean() == pytest.approx(1.0, abs=0.03)
    placed.layer.step += 1
    assert not np.array_equal(placed.forward(training=True), output)


def bad(make: Callable[[], object], *parts: str) -> None:
    with pytest.raises(ValueError, match=r"received") as caught:
        make()
    for part in parts:
        assert part in str(caught.value)


def test_errors_name_layer_rule_and_value():
    bad(lambda: layers.Dense(0, name="d"), "Dense 'd'", "units must be a positive integer", "0")
    bad(lambda: layers.Dense(True), "units")
    bad(lambda: layers.Dense(3, activation="rleu"), "activation", "relu", "'rleu'")
    bad(lambda: layers.Conv2D(3, (3,)), "kernel_size", "(3,)")
    bad(lambda: layers.Conv2D(3, 3, padding="full"), "padding", "'full'")
    bad(lambda: layers.Conv2D(3, 9, name="c")(Input((5, 5, 1))), "Conv2D 'c'", "(5, 5)")
    bad(lambda: layers.Conv2D(3, 3)(Input((5,))), "image (height, width, channels)", "(5,)")
    bad(lambda: layers.Dropout(1.1), "rate", "1.1")
    bad(lambda: layers.Dropout(0.5, seed=-1), "seed", "-1")
    bad(lambda: layers.BatchNormalization(epsilon=-1.0), "epsilon")
    bad(lambda: layers.LeakyReLU(-0.1), "negative_slope")
    bad(lambda: layers.ELU("a"), "alpha")
    bad(lambda: layers.Add()(Input((3,))), "list of tensors")
    bad(lambda: layers.Dense(3)([Input((3,))]), "one tensor")
    bad(lambda: layers.Dense(3)(np.zeros((2, 3))), "one tensor")
    bad(lambda: layers.Dense(3, name="a/b"), "'/'")
    bad(lambda: layers.Dense(3, name=""), "name")
    bad(lambda: layers.Dense(3, trainable=1), "trainable")


def test_a_shared_layer_needs_one_shape():
    shared = layers.Dense(2)
    shared(Input((3,)))
    bad(lambda: shared(Input((4,))), "shared", "(3,)", "(4,)")


def test_initializer_objects_survive_the_configuration():
    layer = layers.Dense(2, kernel_initializer=HeNormal(), name="x")
    entry = plain(layer)
    assert entry["config"]["kernel_initializer"] == {"class": "HeNormal", "config": {}}
    assert LAYERS.construct(entry).kernel_initializer == HeNormal()
