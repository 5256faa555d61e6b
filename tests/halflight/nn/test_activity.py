"""Penalties on activities: in the loss, in its gradient, behind layers with kernels."""

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, load_model, regularizers
from halflight.nn.optimizers import SGD

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))


def value(weights, l1, l2):
    """The mean squared error of a linear layer, and the penalty of what it says."""
    said = X @ weights["dense/kernel"] + weights["dense/bias"]
    penalty = l1 * np.abs(said).sum() + l2 * (said**2).sum()
    return ((said - Y) ** 2).mean() + penalty


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("behind", [True, False])
def test_a_step_follows_loss_and_penalty(backend, behind):
    l1, l2 = 0.03, 0.02
    dense = layers.Dense(2, name="dense")
    if not behind:
        dense = layers.Dense(2, name="dense", activity_regularizer=regularizers.L1L2(l1, l2))
    stack = [Input((3,)), dense, *([layers.ActivityRegularization(l1, l2)] if behind else [])]
    model = Sequential(stack, backend=backend)
    model.compile(SGD(0.01), "mse")
    before = model.get_weights()
    tolerance = {"reference": 1e-10, "cpu": 1e-5}[backend]
    assert model.evaluate(X, Y, return_dict=True)["loss"] == pytest.approx(
        value(before, l1, l2), rel=tolerance
    )
    assert model.train_on_batch(X, Y)["loss"] == pytest.approx(value(before, l1, l2), rel=tolerance)
    if backend == "cpu":
        return
    for name, array in before.items():
        slopes = np.empty_like(array)
        for place in np.ndindex(array.shape):
            change = np.zeros_like(array)
            change[place] = 1e-6
            up, down = (value(before | {name: array + s * change}, l1, l2) for s in (1, -1))
            slopes[place] = (up - down) / 2e-6
        moved = model.get_weights()[name]
        np.testing.assert_allclose(moved, array - 0.01 * slopes, rtol=1e-7, atol=1e-9)


def test_a_saved_model_has_one_penalty(tmp_path):
    image = Input((4, 4, 1))
    conv = layers.Conv2D(2, 3, activity_regularizer="l2", name="conv")
    model = Model(image, layers.Flatten()(conv(image)), backend="reference")
    assert [type(layer).__name__ for layer in model.layers] == [
        "Conv2D", "ActivityRegularization", "Flatten"]  # fmt: skip
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    assert len(again.layers) == 3
    x, y = RNG.normal(size=(2, 4, 4, 1)), RNG.normal(size=(2, 8))
    scores = []
    for each in (model, again):
        each.compile("sgd", "mse")
        scores.append(each.evaluate(x, y, return_dict=True)["loss"])
    assert scores[0] == scores[1]
    assert scores[0] == pytest.approx(
        ((model.predict(x) - y) ** 2).mean() + 0.01 * (model.predict(x) ** 2).sum(), rel=1e-12
    )


def test_a_penalty_of_every_step():
    model = Sequential(
        [Input((4, 3)), layers.TimeDistributed(layers.ActivityRegularization(l2=0.5))],
        backend="reference",
    )
    x = RNG.normal(size=(2, 4, 3))
    model.compile("sgd", "mse")
    loss = model.evaluate(x, x, return_dict=True)["loss"]
    assert loss == pytest.approx(0.5 * (x**2).sum(), rel=1e-12)


def test_it_is_called_once_and_takes_no_negative_factor():
    once = layers.ActivityRegularization(l1=0.1)
    once(Input((3,)))
    with pytest.raises(ValueError, match="is called once"):
        once(Input((3,)))
    with pytest.raises(ValueError, match="l1 must be a finite number"):
        layers.ActivityRegularization(l1=-1.0)
    assert "activity_regularizer" not in layers.Dense(2).get_config()
