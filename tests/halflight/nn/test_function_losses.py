"""A plain function as a loss: trained with, and checked before."""

import numpy as np
import pytest

from halflight.nn import Input, Sequential, layers

RNG = np.random.default_rng(6)
X, Y = RNG.normal(size=(32, 3)), RNG.normal(size=(32, 2))


def squares(target, prediction):
    error = prediction - target
    return (error**2).mean(axis=1), 2 * error / error.shape[1]


def halved(target, prediction):
    values, gradient = squares(target, prediction)
    return values, 0.5 * gradient


def short(target, prediction):
    return squares(target, prediction)[0]


def summed(target, prediction):
    values, gradient = squares(target, prediction)
    return values.sum(), gradient


def fitted(loss, backend="reference"):
    model = Sequential([Input((3,)), layers.Dense(2)], backend=backend, seed=1)
    model.compile("adam", loss)
    weight = np.arange(32.0)
    return model, model.fit(X, Y, sample_weight=weight, epochs=3, verbose=0)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_it_trains_as_the_loss_that_it_is(backend):
    (_, mine), (_, known) = fitted(squares, backend), fitted("mse", backend)
    np.testing.assert_allclose(mine.column("loss"), known.column("loss"), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (halved, r"loss 'halved': the gradient must be the slope of the values, .*received"),
        (short, r"loss 'short': must return values \(8,\) and their gradient \(8, 2\)"),
        (summed, r"loss 'summed': must return values"),
    ],
)
def test_what_is_wrong_is_said_at_compile(loss, message):
    with pytest.raises(ValueError, match=message):
        fitted(loss)


def test_a_file_does_not_hold_it(tmp_path):
    model, _ = fitted(squares)
    with pytest.raises(ValueError, match="the loss 'squares' is a plain function"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    model.save_weights(tmp_path / "weights.safetensors")
