"""Whole networks on problems with a known answer: XOR, two spirals, handwritten digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from core.nn import Input, Sequential, layers, losses, optimizers, presets


def test_a_two_layer_perceptron_learns_xor():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    model = Sequential([Input((2,)), layers.Dense(4, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    model.compile(optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=4, epochs=300)
    logs = model.evaluate(x, y)
    assert logs["accuracy"] == 1.0
    assert logs["loss"] < 0.1


def test_a_single_threshold_unit_learns_and_but_not_xor():
    """Minsky & Papert 1969: no line separates XOR."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for y, separable in ((np.array([0, 0, 0, 1]), True), (np.array([0, 1, 1, 0]), False)):
        model = Sequential([Input((2,)), layers.Perceptron(1)], backend="reference", seed=2)
        model.compile(optimizers.SGD(0.1), "mean_squared_error")
        model.fit(x, y, batch_size=1, epochs=100)
        assert np.array_equal(model.predict(x)[:, 0], y) == separable


def spirals(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two spirals, one and a half turns each (Lang & Witbrock 1988), with a little noise."""
    rng = np.random.default_rng(seed)
    turn = np.sqrt(rng.random(samples)) * 3 * np.pi
    label = rng.integers(0, 2, samples)
    angle = turn + np.pi * label
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * turn[:, None] / (3 * np.pi)
    return points + 0.01 * rng.normal(size=points.shape), label


def test_two_spirals():
    x, y = spirals(1000, seed=1)
    model = Sequential(
        [Input((2,)), *(layers.Dense(32, "relu") for _ in range(3)), layers.Dense(2)], seed=3
    )
    model.compile(
        optimizers.Adam(0.01),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x, y, batch_size=32, epochs=60)
    assert model.evaluate(*spirals(500, seed=2))["accuracy"] >= 0.98


@pytest.mark.slow
def test_lenet_reads_digits():
    """scikit-learn's 1797 digits, every fifth for the test."""
    digits = load_digits()
    images = np.repeat(np.repeat(digits.images, 4, 1), 4, 2)[..., None] / 16.0
    test = np.arange(len(images)) % 5 == 0
    model = presets.build("lenet5", seed=1)
    model.compile(
        optimizers.Adam(0.002),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images[~test], digits.target[~test], batch_size=32, epochs=12)
    assert model.evaluate(images[test], digits.target[test])["accuracy"] >= 0.98
