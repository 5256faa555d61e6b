"""Reductions: what number a batch of losses has, called alone and in training."""

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, losses, optimizers
from tests.halflight.nn.loss_rows import ROWS

RNG = np.random.default_rng(3)
PREDICTION, TARGET = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 2))
WEIGHT = np.array([0.5, 0.0, 2.0, 1.0, 1.5])
ERRORS = ((PREDICTION - TARGET) ** 2).mean(axis=1)
NUMBERS = {
    "mean_with_sample_weight": (WEIGHT * ERRORS).sum() / WEIGHT.sum(),
    "sum_over_batch_size": (WEIGHT * ERRORS).mean(),
    "mean": (WEIGHT * ERRORS).mean(),
    "sum": (WEIGHT * ERRORS).sum(),
}


@pytest.mark.parametrize("reduction", NUMBERS)
def test_a_call_gives_the_number(reduction):
    loss = losses.MeanSquaredError(reduction=reduction)
    found = loss(TARGET, PREDICTION, sample_weight=WEIGHT)
    assert found == pytest.approx(NUMBERS[reduction], rel=1e-12)
    assert loss.get_config() == (
        {} if reduction == "mean_with_sample_weight" else {"reduction": reduction}
    )


@pytest.mark.parametrize("reduction", [None, "none"])
def test_without_reduction_every_row_has_its_loss(reduction):
    found = losses.MeanSquaredError(reduction=reduction)(TARGET, PREDICTION, WEIGHT)
    np.testing.assert_allclose(found, WEIGHT * ERRORS, rtol=1e-12)


@pytest.mark.parametrize("reduction", NUMBERS)
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_training_follows_the_number(reduction, backend):
    """A step of plain descent moves by the slope of the number, and reports it."""
    x = RNG.normal(size=(5, 3))
    model = Sequential([Input((3,)), layers.Dense(2, use_bias=False)], backend=backend)
    model.compile(optimizers.SGD(0.01), losses.MeanSquaredError(reduction=reduction))
    (kernel,) = model.get_weights().values()
    told = model.train_on_batch(x, TARGET, WEIGHT)
    off = x @ kernel - TARGET
    share = {"mean_with_sample_weight": WEIGHT.sum(), "sum": 1.0}.get(reduction, 5.0)
    assert told["loss"] == pytest.approx((WEIGHT * (off**2).mean(axis=1)).sum() / share, rel=1e-6)
    slope = x.T @ (WEIGHT[:, np.newaxis] * off) / share
    (moved,) = model.get_weights().values()
    np.testing.assert_allclose(moved, kernel - 0.01 * slope, rtol=1e-5, atol=1e-7)


def test_a_mean_over_rows_adds_up_over_batches():
    x, y = RNG.normal(size=(7, 3)), RNG.normal(size=(7, 2))
    weight = RNG.uniform(0.5, 2.0, 7)
    model = Sequential([Input((3,)), layers.Dense(2)], backend="reference")
    model.compile("sgd", losses.MeanSquaredError(reduction="sum_over_batch_size"))
    errors = ((model.predict(x) - y) ** 2).mean(axis=1)
    for size in (7, 2):
        scores = model.evaluate(x, y, sample_weight=weight, batch_size=size, return_dict=True)
        assert scores["loss"] == pytest.approx((weight * errors).mean(), rel=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_every_loss_is_called_as_in_keras(name):
    made = ROWS[name].make()
    for prediction, target, expected in ROWS[name].hand:
        counted = made.mask(np.array([target])) if made.needs_target else np.array([False])
        if counted is None or counted.any():
            found = made(np.array([target]), np.array([prediction]))
            assert found == pytest.approx(expected, rel=1e-11, abs=1e-15)


def test_a_call_leaves_ignored_classes_out():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=9, reduction="mean")
    found = loss(np.array([0, 9]), np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert found == pytest.approx(np.log(4.0), rel=1e-12)


def test_a_saved_reduction_comes_back():
    loss = losses.Huber(2.0, reduction="sum")
    assert losses.get({"class": "Huber", "config": loss.get_config()}).reduction == "sum"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(reduction="total"), "reduction must be one of 'mean_with_sample"),
        (
            lambda: losses.Huber()(TARGET[:, :1], PREDICTION),
            r"y_true must be of the shape",
        ),
        (lambda: losses.Huber()(TARGET, PREDICTION, np.ones(4)), "sample_weight must be"),
        (lambda: losses.Huber()(TARGET, PREDICTION, np.zeros(5)), "must not be all zero"),
        (lambda: losses.Huber()(TARGET[0], PREDICTION[0]), "y_pred needs the axes"),
        (lambda: losses.Tversky(-1.0), "alpha must be"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(0.0), "q must be"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_dice_finds_few_pixels():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 4, 4, 1))
    y = (x > 1.0).astype(float)
    image = Input((4, 4, 1))
    model = Model(image, layers.Conv2D(1, 1, activation="sigmoid")(image), backend="cpu")
    model.compile(optimizers.Adam(0.1), losses.Dice())
    history = model.fit(x, y, epochs=40, batch_size=8, verbose=0)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
