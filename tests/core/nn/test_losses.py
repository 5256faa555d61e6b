"""Losses: a row each, hand values, gradients of the weighted mean, and shapes."""

import math

import numpy as np
import pytest

from core import kernels
from core.nn import Input, Model, layers, losses
from core.nn.losses import LOSSES

PREDICTION = np.array([[0.5, -0.2], [1.5, 0.3]])
ROWS = {
    "gaussian_nll": (losses.GaussianNLL(), np.array([[1.0], [0.0]])),
    "mean_squared_error": (losses.MeanSquaredError(), np.array([[1.0, 0.0], [0.0, 2.0]])),
    "mean_absolute_error": (losses.MeanAbsoluteError(), np.array([[1.0, 0.0], [0.0, 2.0]])),
    "binary_crossentropy": (losses.BinaryCrossentropy(), np.array([[1.0], [0.0]])),
}
HAND = {
    "gaussian_nll": [
        0.5 * (math.log(2 * math.pi) - 0.2 + 0.25 * math.exp(0.2)),
        0.5 * (math.log(2 * math.pi) + 0.3 + 2.25 * math.exp(-0.3)),
    ],
    "mean_squared_error": [(0.25 + 0.04) / 2, (2.25 + 2.89) / 2],
    "mean_absolute_error": [0.35, 1.6],
    "binary_crossentropy": [math.log1p(math.exp(-0.5)), math.log1p(math.exp(1.5))],
}


def test_every_loss_has_a_row():
    assert {type(loss) for loss, _ in ROWS.values()} == set(LOSSES.values())
    assert set(HAND) == set(ROWS)


def evaluate(name, prediction, weight, backend="reference"):
    k = kernels.load(backend)
    loss, target = ROWS[name]
    arrays = [
        k.to_device(np.asarray(a, np.float64)) for a in (prediction, target, np.asarray(weight))
    ]
    values, gradient = k.empty((len(target),)), k.empty(prediction.shape)
    loss(k, values, gradient, *arrays)
    return k.to_host(values), k.to_host(gradient)


def prediction_for(name):
    return PREDICTION[:, :1].copy() if name == "binary_crossentropy" else PREDICTION.copy()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_hand_values(name, backend):
    values, _ = evaluate(name, prediction_for(name), [1.0, 3.0], backend)
    np.testing.assert_allclose(values, HAND[name], rtol=1e-6)


@pytest.mark.parametrize("name", ROWS)
def test_gradient_is_that_of_the_weighted_mean(name, gradient_error):
    prediction, weight = prediction_for(name), np.array([1.0, 3.0])
    _, gradient = evaluate(name, prediction, weight)

    def value():
        values, _ = evaluate(name, prediction, weight)
        return float(values @ weight / weight.sum())

    assert gradient_error(value, prediction, gradient) <= 1e-6


def test_widths():
    assert losses.GaussianNLL().target_width((6,)) == 3
    assert losses.MeanSquaredError().target_width((6,)) == 6
    with pytest.raises(ValueError, match="T means and T log-variances, received 3"):
        losses.GaussianNLL().target_width((3,))
    with pytest.raises(ValueError, match="one logit, received 2"):
        losses.BinaryCrossentropy().target_width((2,))
    with pytest.raises(ValueError, match="from_logits must be True"):
        losses.BinaryCrossentropy(from_logits=False)
    with pytest.raises(ValueError, match="known are gaussian_nll"):
        losses.get("huber")


def test_compile_refuses_an_output_that_does_not_fit():
    image = Input((4, 4, 1))
    model = Model(image, layers.Conv2D(3, 3, name="map")(image), backend="reference")
    with pytest.raises(ValueError, match=r"output 'map': GaussianNLL: .* received 3"):
        model.compile("sgd", "gaussian_nll")
