"""Normalisation layers: which statistics they use, by hand, and the rules of their arguments."""

import numpy as np
import pytest

from halflight.nn import Input, Sequential, layers, load_model

X = np.array([[1.0], [3.0]])  # mean 2, variance 1


@pytest.mark.parametrize(
    ("statistics", "trainable", "on_batch"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("batch", True, True),
        ("batch", False, True),
        ("moving", True, False),
        ("moving", False, False),
    ],
)
def test_statistics_by_hand(statistics, trainable, on_batch, place):
    layer = layers.BatchNormalization(
        momentum=0.75, epsilon=3.0, statistics=statistics, trainable=trainable
    )
    placed = place(layer, [(1,)], "reference", batch=2)
    placed.inputs[0][...] = X
    for name, value in (("gamma", 2.0), ("beta", 5.0), ("moving_mean", 6.0)):
        layer.weights[name].value[...] = value
    layer.weights["moving_variance"].value[...] = 13.0
    output = placed.forward(training=True).ravel()
    # batch: (x - 2) / sqrt(1 + 3); moving: (x - 6) / sqrt(13 + 3); then 2 ... + 5
    np.testing.assert_allclose(output, [4.0, 6.0] if on_batch else [2.5, 3.5])
    moved = (0.75 * 6.0 + 0.25 * 2.0, 0.75 * 13.0 + 0.25 * 1.0) if on_batch else (6.0, 13.0)
    assert layer.moving_mean.value[0] == moved[0]
    assert layer.moving_variance.value[0] == moved[1]
    (dx,) = placed.backward(np.array([[1.0], [0.0]]))
    # moving: 2 / 4 dy. batch: 2 / 2 (dy - mean - normalised (-0.5, 0.5) times mean(dy normalised))
    np.testing.assert_allclose(dx.ravel(), [0.375, -0.375] if on_batch else [0.5, 0.0])
    normalised = -0.5 if on_batch else -1.25
    gradients = [layer.weights[name].grad[0] for name in ("gamma", "beta")]
    np.testing.assert_allclose(gradients, [normalised, 1.0] if trainable else [0.0, 0.0])
    layer.moving_mean.value[...], layer.moving_variance.value[...] = 6.0, 13.0
    np.testing.assert_allclose(placed.forward(training=False).ravel(), [2.5, 3.5])


def test_without_center_and_scale():
    for make in (layers.BatchNormalization, layers.LayerNormalization):
        names = {
            (scale, center): set(_built(make(scale=scale, center=center)).weights)
            for scale in (True, False)
            for center in (True, False)
        }
        assert names[True, True] - names[False, True] == {"gamma"}
        assert names[True, True] - names[True, False] == {"beta"}
        assert not {"gamma", "beta"} & names[False, False]


def _built(layer):
    layer(Input((4,)))
    return layer


@pytest.mark.parametrize("axis", [-1, None])
def test_normalization_adapts_to_data(axis, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal([70.0, -3.0, 5.0], [20.0, 0.1, 0.0], size=(50, 3))  # the last one constant
    layer = layers.Normalization(axis=axis, input_shape=(3,))
    layer.adapt(x)
    model = Sequential([layer, layers.Dense(1)], backend="reference")
    mean, deviation = (x.mean(0), x.std(0)) if axis else (x.mean(), x.std())
    found = Sequential([layers.Normalization(axis, layer.mean, layer.variance)]).predict(x)
    np.testing.assert_allclose(found, (x - mean) / np.maximum(deviation, 1e-7), atol=2e-3)
    model.compile("sgd", "mse")
    model.fit(x, rng.normal(size=50), verbose=0)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model", backend="reference")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    with pytest.raises(ValueError, match="before the layer is called"):
        layer.adapt(x)


def test_normalization_of_images_and_of_a_column():
    image = np.random.default_rng(1).normal(size=(4, 5, 6, 2))
    layer = layers.Normalization()
    layer.adapt(image)
    np.testing.assert_allclose(layer.mean, image.mean((0, 1, 2)))
    np.testing.assert_allclose(layer.variance, image.var((0, 1, 2)))
    column = layers.Normalization(axis=None)
    column.adapt([1, 2, 6])
    assert (column.mean, column.variance) == ((3.0,), pytest.approx((14 / 3,)))


def test_errors():
    known = layers.Normalization
    for make, message in (
        (lambda: known(axis=1), "axis must be -1"),
        (lambda: known(mean=1.0), "mean and variance go together"),
        (lambda: known(mean="a", variance=1.0), "mean must be a number, or a list"),
        (lambda: known(mean=1.0, variance=[-1.0]), "variance must be 0 or more"),
        (lambda: known()(Input((3,))), r"knows no mean yet: call adapt\(data\)"),
        (lambda: known(-1, [1.0, 2.0], 1.0)(Input((3,))), "has 2 values of mean"),
        (lambda: known().adapt([1.0, 2.0]), "needs a last axis, or axis=None"),
        (lambda: known().adapt([[np.nan]]), "must be finite numbers"),
        (lambda: layers.BatchNormalization(statistics="none"), "statistics must be one of 'auto'"),
        (lambda: layers.BatchNormalization(center=1), "center must be True or False"),
        (lambda: layers.LayerNormalization(epsilon=-1.0), "epsilon must be a finite number"),
        (lambda: layers.GroupNormalization(groups=0), "groups must be a positive integer, or -1"),
        (lambda: layers.GroupNormalization(groups=3)(Input((4,))), "groups must divide"),
        (lambda: layers.LocalResponseNormalization(-1), "depth_radius must be an integer"),
        (lambda: layers.LocalResponseNormalization(bias=0.0), "bias must be a finite number"),
        (lambda: layers.LocalResponseNormalization(alpha=-1.0), "alpha must be a finite number"),
    ):
        with pytest.raises(ValueError, match=f"{message}.*received"):
            make()
