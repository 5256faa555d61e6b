"""Every public loss, by one table: a row a loss or more, and all checks for every row."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.contract import laws_of
from halflight.nn import Input, Model, Sequential, layers, losses, optimizers
from halflight.nn.configuration import plain
from halflight.nn.losses import LOSSES
from tests.halflight.kernels.backends import COMPILED, ON_CPU
from tests.halflight.nn.conftest import reference_in_float32
from tests.halflight.nn.loss_rows import PREDICTIONS, ROWS, TARGETS, WIDTH

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
every_separate_row = pytest.mark.parametrize(
    "row",
    [row for row in ROWS.values() if not row.joint],
    ids=[name for name, row in ROWS.items() if not row.joint],
)
every_backend = pytest.mark.parametrize("backend", ON_CPU)


@dataclass
class Data:
    prediction: np.ndarray
    target: np.ndarray
    weight: np.ndarray

    def __getitem__(self, rows) -> "Data":
        return Data(self.prediction[rows], self.target[rows], self.weight[rows])


def draw(row, count=40) -> Data:
    """Random rows that float32 holds exactly, a quarter of them of no weight."""
    rng = np.random.default_rng(8)
    targets = row.make().targets(WIDTH)
    arrays = PREDICTIONS[row.predicts](rng, count), TARGETS[row.compares](rng, count, targets)
    weight = rng.uniform(0.5, 2.0, size=count)
    weight[1::4] = 0.0
    return Data(*(array.astype(np.float32).astype(np.float64) for array in (*arrays, weight)))


def run(loss, data, backend="reference"):
    """Loss of each row, and gradient of their weighted mean."""
    k = reference_in_float32() if backend == "reference in float32" else kernels.load(backend)
    prediction, target, weight = (
        k.to_device(array) for array in (data.prediction, data.target, data.weight)
    )
    values, gradient = k.empty(data.weight.shape), k.empty(data.prediction.shape)
    loss.write(k, values, gradient, prediction, target, weight)
    return k.to_host(values), k.to_host(gradient)


def test_every_loss_and_every_kernel_has_a_row():
    """But for CTC, whose rows are whole samples: test_ctc.py."""
    made = [*(row.make() for row in ROWS.values()), losses.CTC()]
    assert {type(loss) for loss in made} == set(LOSSES.values())
    taught = {n for n, kernel in kernels.definitions().items() if "dprediction" in laws_of(kernel)}
    assert {loss.kernel for loss in made} == taught


@every_row
@every_backend
def test_hand_values(row, backend):
    for prediction, target, expected in row.hand:
        data = Data(np.array([prediction]), np.array([target]), np.ones(1))
        values, _ = run(row.make(), data, backend)
        exact = backend == "reference"
        clipped = expected == -np.log(1e-7)  # of which float32's 1 - 1e-7 keeps two digits
        relative = 1e-12 if exact else 0.02 if clipped else 2e-6
        np.testing.assert_allclose(values, [expected], rtol=relative, atol=1e-15 if exact else 0)


@every_row
def test_gradient_is_that_of_the_weighted_mean(row, gradient_error):
    loss, data = row.make(), draw(row)
    _, gradient = run(loss, data)

    def value():
        return float(run(loss, data)[0] @ data.weight / data.weight.sum())

    assert gradient_error(value, data.prediction, gradient) <= 1e-6


@every_row
@pytest.mark.parametrize("backend", COMPILED)
def test_back_ends_agree(row, backend, agrees):
    def numbers(name):
        return dict(zip(("loss", "dprediction"), run(row.make(), draw(row), name), strict=True))

    agrees(numbers("reference"), numbers("reference in float32"), numbers(backend))


@every_separate_row
@every_backend
def test_rows_are_independent_and_masked_ones_change_nothing(row, backend):
    loss, data = row.make(), draw(row)
    values, gradient = run(loss, data, backend)
    counted = data.weight > 0
    assert not gradient[~counted].any()
    alone, alone_gradient = run(loss, data[counted], backend)
    np.testing.assert_array_equal(alone, values[counted])
    np.testing.assert_array_equal(alone_gradient, gradient[counted])
    changed = draw(row)
    changed.prediction[~counted] = changed.prediction[counted][: (~counted).sum()]
    np.testing.assert_array_equal(run(loss, changed, backend)[1], gradient)


@every_separate_row
@every_backend
def test_the_mean_adds_up_over_batches(row, backend):
    loss, data = row.make(), draw(row)
    values, gradient = run(loss, data, backend)
    parts = [data[:13], data[13:]]
    halves = [run(loss, part, backend) for part in parts]
    np.testing.assert_array_equal(np.concatenate([v for v, _ in halves]), values)
    joined = np.vstack([g * p.weight.sum() for (_, g), p in zip(halves, parts, strict=True)])
    np.testing.assert_allclose(joined / data.weight.sum(), gradient, rtol=1e-5, atol=1e-9)


@every_row
@every_backend
def test_extreme_predictions_are_finite(row, backend):
    """Logits and scores of 100 and 10 000, probabilities of exactly 0 and 1."""
    loss, data = row.make(), draw(row, 60)
    size = min(row.largest, 1e4)
    if row.predicts == "probability":
        data.prediction[...] = np.eye(WIDTH)[np.arange(60) % WIDTH]
    else:
        choices = [-size, -min(size, 100.0), 0.0, min(size, 100.0), size]
        data.prediction[...] = np.random.default_rng(3).choice(choices, size=(60, WIDTH))
    if row.predicts == "positive":
        np.abs(data.prediction, out=data.prediction)
    values, gradient = run(loss, data, backend)
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("name", ["BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"])
@every_backend
def test_any_focal_power_is_finite_where_probabilities_vanish(name, gamma, backend):
    loss = losses.get({"class": name, "config": {"gamma": gamma, "from_logits": True}})
    logits = np.array([[1e4, -1e4], [-1e4, 1e4], [95.0, -95.0], [0.0, 0.0]])
    data = Data(logits, np.array([[1.0, 0.0]] * 4), np.ones(4))
    for numbers in run(loss, data, backend):
        assert np.isfinite(numbers).all()


@every_row
def test_configuration_round_trip(row):
    loss = row.make()
    again = losses.get(json.loads(json.dumps(plain(loss), allow_nan=False)))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert (again.kernel, str(again.constants)) == (loss.kernel, str(loss.constants))


@every_row
def test_good_targets_pass_and_shapes_fit(row):
    loss, data = row.make(), draw(row)
    loss.check_target(data.target, (WIDTH,))
    assert loss.target_shape((WIDTH,)) == data.target.shape[1:]
    assert loss.target_shape((4, 5, WIDTH)) == (4, 5, *data.target.shape[1:])
    assert loss.target_shape((WIDTH,)) == data.target.shape[1:]
    loss.check_target(data.target.reshape(2, 20, -1), (20, WIDTH))


def test_names_and_aliases():
    assert type(losses.get("bce")) is losses.BinaryCrossentropy
    assert type(losses.get("KLD")) is type(losses.get("KLDivergence")) is losses.KLDivergence
    loss = losses.Huber(2.0)
    assert losses.get(loss) is loss
    assert losses.BinaryCrossentropy().from_logits is False
    with pytest.raises(ValueError, match="known are binary_crossentropy"):
        losses.get("hubert")
    with pytest.raises(ValueError, match="unknown class 'Dense'"):
        losses.get({"class": "Dense", "config": {}})


def test_ignored_classes_are_masked():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=255)
    target = np.array([[[0.0], [255.0]], [[2.0], [1.0]]])
    loss.check_target(target, (2, 3))
    np.testing.assert_array_equal(loss.mask(target), [True, False, True, True])
    assert losses.SparseCategoricalCrossentropy().mask(target) is None


@every_backend
def test_a_class_that_is_none_gives_nan(backend):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    data = Data(np.zeros((3, 2)), np.array([[-1.0], [2.0], [1.0]]), np.ones(3))
    values, gradient = run(loss, data, backend)
    np.testing.assert_array_equal(np.isnan(values), [True, True, False])
    np.testing.assert_array_equal(np.isnan(gradient).all(axis=1), [True, True, False])


@every_backend
def test_a_loss_without_target(backend):
    loss, k = losses.StandardNormalKL(), kernels.load(backend)
    assert not loss.needs_target
    values, gradient = k.empty((1,)), k.empty((1, 2))
    loss.write(k, values, gradient, k.to_device([[3.0, 0.0]]), None, k.to_device([1.0]))
    assert k.to_host(values) == 4.5
    np.testing.assert_array_equal(k.to_host(gradient), [[3.0, 0.0]])


SPARSE = losses.SparseCategoricalCrossentropy


@pytest.mark.parametrize(
    ("loss", "target", "message"),
    [
        ("bce", [[0.5], [1.5]], r"BinaryCrossentropy: .* in \[0, 1\], received 1.5 in row 1"),
        ("binary_focal_crossentropy", [[-0.5, 1.0]], "received -0.5 in row 0"),
        ("categorical_crossentropy", [[1, 0], [0.5, 0.4]], "sum to 1 .* received 0.9 in row 1"),
        ("categorical_crossentropy", [[2, -1]], r"in \[0, 1\], received 2 in row 0"),
        ("categorical_focal_crossentropy", [[1, 1]], "received 2.0 in row 0"),
        ("kl_divergence", [[0.5, 0.4]], "sum to 1"),
        ("categorical_hinge", [[0, 0]], "sum to 1"),
        ("hinge", [[1, -1], [0, 2]], "labels -1, 0 or 1, received 2 in row 1"),
        ("squared_hinge", [[0.5]], "received 0.5"),
        ("exponential", [[3]], "received 3"),
        ("poisson", [[0, -1]], "0 or more, received -1 in row 0"),
        ("msle", [[-0.5]], "0 or more"),
        (SPARSE(), [[0], [2]], "integers of 0 to 1, received 2 in row 1"),
        (SPARSE(), [[0.5]], "received 0.5"),
        (SPARSE(ignore_class=9), [[9], [-1]], "0 to 1 or the ignored 9, received -1 in row 1"),
    ],
)
def test_bad_targets_are_named(loss, target, message):
    with pytest.raises(ValueError, match=message):
        losses.get(loss).check_target(np.array(target), (2,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(0.0), "Huber: delta must be a finite number above 0, received 0.0"),
        (lambda: losses.Huber("1"), "delta must be a finite number above 0, received '1'"),
        (lambda: losses.BinaryCrossentropy(from_logits=1), "from_logits must be True or False"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), r"label_smoothing .* at most 1"),
        (lambda: losses.CategoricalFocalCrossentropy(gamma=-1.0), "gamma must be a finite number"),
        (lambda: losses.CategoricalFocalCrossentropy(alpha=[0.1]), "alpha must be"),
        (lambda: losses.BinaryFocalCrossentropy(alpha=2.0), "alpha"),
        (lambda: SPARSE(ignore_class=1.0), "ignore_class must be an integer, or None"),
        (lambda: losses.StudentNLL(0.0), "dof must be"),
        (lambda: losses.Quantile(()), "quantiles must be numbers between 0 and 1"),
        (lambda: losses.Quantile((0.5, 1.0)), "quantiles must be"),
        (lambda: losses.Quantile((0.1, 0.9)).target_shape((3,)), "2 quantiles of every target"),
        (lambda: losses.GaussianNLL().target_shape((3,)), "T means and T log-variances"),
        (lambda: losses.Huber().target_shape(()), "at least one axis"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_compile_refuses_an_output_that_does_not_fit():
    image = Input((4, 4, 1))
    model = Model(image, layers.Conv2D(3, 3, name="map")(image), backend="reference")
    with pytest.raises(ValueError, match=r"output 'map': GaussianNLL: .* received '3 value"):
        model.compile("sgd", "gaussian_nll")


@pytest.mark.parametrize("name", ["sparse_categorical_crossentropy", "quantile", "huber"])
def test_a_model_learns_by_it(name):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(64, 2))
    sparse = name.startswith("sparse")
    y = (x[:, 0] > 0).astype(float) if sparse else x @ [1.0, -2.0]
    loss = SPARSE(from_logits=True) if sparse else name
    model = Sequential([Input((2,)), layers.Dense(2 if sparse else 1)], backend="cpu")
    model.compile(optimizers.Adam(0.02), loss)
    history = model.fit(x, y, epochs=60, batch_size=8)
    assert history[-1]["loss"] < 0.6 * history[0]["loss"]
