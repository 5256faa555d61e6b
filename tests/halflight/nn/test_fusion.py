"""Which calls are fused, and that a fused network computes what its layers alone would."""

from dataclasses import dataclass

import numpy as np
import pytest

from halflight.nn import Input, Model, executor, layers
from halflight.nn.data import Batch
from halflight.nn.fusion import FusedConvolution, fuse
from halflight.nn.training import train_alone


def chain(*parts, shape=(8, 9, 2)):
    x = image = Input(shape)
    for layer in parts:
        x = layer(x)
    return Model(image, x)


def names(model, *, training):
    """The layers of every call; those of a fused one joined by +."""
    found = []
    for node in fuse(model.graph, training=training):
        layer = node.layer
        parts = [layer]
        if isinstance(layer, FusedConvolution):
            parts = [layer.convolution, layer.normalization, layer.slope, layer.pooling]
        found.append("+".join(_name(part) for part in parts if part is not None and part != 1.0))
    return found


def _name(part):
    return str(part) if isinstance(part, float) else part.name


CONV = {"filters": 3, "kernel_size": 3, "padding": "same"}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            [
                layers.Conv2D(**CONV),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.MaxPooling2D(),
            ],
            ["conv2d+batch_normalization+0.0+max_pooling2d"],
        ),
        ([layers.Conv2D(**CONV), layers.LeakyReLU(0.1)], ["conv2d+0.1"]),
        ([layers.Conv2D(**CONV, activation="relu")], ["conv2d+0.0"]),
        ([layers.Conv2D(**CONV, activation="leaky_relu"), layers.MaxPooling2D()], None),
        ([layers.Conv2D(**CONV), layers.MaxPooling2D()], ["conv2d+max_pooling2d"]),
        ([layers.Conv2D(**CONV)], ["conv2d"]),
        # Other activations stay outside, and whatever comes after them.
        ([layers.Conv2D(**CONV, activation="silu")], ["conv2d"]),
        ([layers.Conv2D(**CONV), layers.ELU(), layers.MaxPooling2D()], 3),
        ([layers.Conv2D(**CONV, activation="relu"), layers.BatchNormalization()], 2),
        ([layers.Conv2D(**CONV, activation="relu"), layers.Conv2D(**CONV, activation="relu")], 2),
        ([layers.Conv2D(**CONV), layers.ReLU(), layers.ReLU()], 2),
        ([layers.Conv2D(**CONV), layers.ReLU(max_value=6.0)], 2),
        # So do other windows than pairs, and a last window of one pixel.
        ([layers.Conv2D(**CONV), layers.MaxPooling2D(3)], 2),
        ([layers.Conv2D(**CONV), layers.MaxPooling2D(2, strides=1)], 2),
        ([layers.Conv2D(**CONV), layers.MaxPooling2D(2, padding="same")], 2),
        ([layers.Conv2D(**CONV), layers.AveragePooling2D()], 2),
        ([layers.DepthwiseConv2D(3), layers.ReLU()], 2),
    ],
)
def test_what_is_fused(parts, expected, training):
    found = names(chain(*parts), training=training)
    if isinstance(expected, int):
        assert len(found) == expected
    else:
        assert found == (expected or ["conv2d+0.2+max_pooling2d"])


@dataclass(eq=False)
class Doubling(layers.Conv2D):
    def forward(self, y, x, training):
        super().forward(y, x, training)
        self.kernels.accumulate(y, y)


def test_a_layer_with_calculus_of_its_own_stays_outside():
    parts = Doubling(**CONV, activation="relu"), layers.MaxPooling2D()
    assert names(chain(*parts), training=False) == ["doubling", "max_pooling2d"]


def test_what_others_read_stays_outside():
    image = Input((8, 8, 2))
    a = layers.Conv2D(**CONV)(image)
    b = layers.ReLU()(a)
    assert names(Model(image, [a, b]), training=False) == ["conv2d", "re_lu"]
    joined = layers.Add()([b, layers.Conv2D(**CONV)(b)])
    assert names(Model(image, joined), training=True) == ["conv2d+0.0", "conv2d_1", "add"]


def test_frozen_normalisation_is_fused_for_inference_alone():
    parts = layers.Conv2D(**CONV), layers.BatchNormalization(trainable=False), layers.ReLU()
    model = chain(*parts)
    assert len(names(model, training=True)) == 3
    assert len(names(model, training=False)) == 1


def network(backend, **norm):
    image = Input((13, 14, 3))
    shared = layers.Conv2D(6, 3, padding="same", use_bias=False)
    x = layers.Conv2D(6, 3, name="first")(image)
    x = layers.MaxPooling2D()(layers.LeakyReLU(0.1)(layers.BatchNormalization(**norm)(x)))
    x = layers.ReLU()(layers.BatchNormalization()(shared(x)))
    x = layers.Add()([x, shared(x)])
    x = layers.MaxPooling2D()(layers.Conv2D(5, 3, activation="relu", padding="same")(x))
    x = layers.Conv2D(4, 1, groups=2, activation="relu")(layers.Conv2D(4, 1)(x))
    x = layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    model = Model(image, x, backend=backend, seed=3)
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("norm", [{}, {"trainable": False}, {"statistics": "batch"}])
@pytest.mark.parametrize("frozen", [(), ("first",), ("first", "batch_norm*", "conv2d*")])
def test_fused_and_unfused_training_agree(monkeypatch, norm, frozen):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, 13, 14, 3)), rng.normal(size=(4, 2))
    weights = []
    for alone in (False, True):
        if alone:
            monkeypatch.setattr(executor, "fuse", lambda graph, **_: graph.nodes)
        model = network("reference", **norm)
        if frozen:
            model.freeze(*frozen)
        for _ in range(3):
            train_alone(model.compiled(), Batch([x], [y], [np.ones(4)]))
        weights.append(model.get_weights() | {"prediction": model.predict(x)})
    for name, value in weights[0].items():
        np.testing.assert_allclose(value, weights[1][name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_inference_keeps_neither_index_nor_what_was_normalised():
    model = network("reference")
    kinds = {
        training: sum(
            len(node.requests)
            for node in fuse(model.graph, training=training)
            if isinstance(node.layer, FusedConvolution)
        )
        for training in (True, False)
    }
    assert kinds[False] == 0 < kinds[True]
