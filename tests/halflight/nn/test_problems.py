"""Whole networks on problems with a known answer: XOR, two spirals, handwritten digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from halflight.nn import Input, Sequential, layers, losses, optimizers, presets, schedules


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


@pytest.mark.thorough
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


class Shifted:
    """Digits in random order, each batch moved by up to two pixels: the same ones every time."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, batch_size: int) -> None:
        self.images, self.labels, self.size = images, labels, batch_size
        self.steps = -(-len(images) // batch_size)

    def batches(self, epoch: int):
        rng = np.random.default_rng([1, epoch])
        order = rng.permutation(len(self.images))
        for start in range(0, len(order), self.size):
            rows = order[start : start + self.size]
            yield np.roll(self.images[rows], rng.integers(-2, 3, 2), (1, 2)), self.labels[rows]


@pytest.mark.thorough
def test_lenet_reads_digits():
    """scikit-learn's 1797 digits, magnified to 24 x 24 pixels in 32 x 32; every fifth is a test."""
    digits = load_digits()
    images = np.repeat(np.repeat(digits.images, 3, 1), 3, 2)
    images = np.pad(images, ((0, 0), (4, 4), (4, 4)))[..., np.newaxis]
    images = (images - images.mean()) / images.std()
    test = np.arange(len(images)) % 5 == 0
    batches = Shifted(images[~test], digits.target[~test], batch_size=32)
    model = presets.build("lenet5", seed=1)
    model.compile(
        optimizers.Adam(schedules.CosineDecay(0.002, 25 * batches.steps)),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(batches, epochs=25)
    assert model.evaluate(images[test], digits.target[test])["accuracy"] >= 0.98
