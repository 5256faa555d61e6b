"""check_layer finds what is wrong with a layer, and passes what is right."""

from dataclasses import dataclass

import numpy as np
import pytest

from halflight.nn import Layer, check_layer, initializers, layers


@dataclass(eq=False)
class Scale(Layer):
    """factor * gain * x, right in everything."""

    factor: float = 1.5

    def build(self, shape):
        self.gain = self.param("gain", shape[-1:], initializers.Ones())
        return shape

    def forward(self, y, x, training):
        y[...] = self.factor * self.gain.value * x

    def backward(self, dx, dy, x, y):
        rows = (self.factor * dy * x).reshape(-1, x.shape[-1])
        self.gain.grad += rows.sum(axis=0)
        if dx is not None:
            dx[...] = self.factor * self.gain.value * dy


class Slow(Scale):
    def backward(self, dx, dy, x, y):
        super().backward(dx, dy, x, y)
        dx[...] = 0.99 * dx


class WrongGain(Scale):
    def backward(self, dx, dy, x, y):
        super().backward(dx, dy, x, y)
        self.gain.grad += 0.01


class Assigns(Scale):
    def backward(self, dx, dy, x, y):
        self.gain.grad[...] = 0.0
        super().backward(dx, dy, x, y)


class Forgets(Scale):
    def forward(self, y, x, training):
        y[:-1] = self.factor * self.gain.value * x[:-1]


class ForgetsInInference(Scale):
    def forward(self, y, x, training):
        if training:
            super().forward(y, x, training)


class ForgetsDx(Scale):
    def backward(self, dx, dy, x, y):
        super().backward(None, dy, x, y)


class Overwrites(Scale):
    def forward(self, y, x, training):
        x *= 2.0
        super().forward(y, x, training)


class Random(Scale):
    def forward(self, y, x, training):
        y[...] = x + np.random.default_rng().normal()


@dataclass(eq=False)
class Changes(Scale):
    def check(self):
        self.factor = self.factor + 1.0


def test_a_class_and_a_layer_that_are_right():
    errors = check_layer(Scale)
    assert set(errors) == {"x", "gain"}
    assert max(errors.values()) < 1e-8
    assert set(check_layer(Scale(0.5), (3, 2))) == {"x", "gain"}


@pytest.mark.parametrize(
    ("make", "shapes", "names"),
    [
        (lambda: layers.Conv2D(3, 2, activation="gelu"), (), {"x", "kernel", "bias"}),
        (layers.Multiply, (), {"x 0", "x 1"}),
        (layers.BatchNormalization, (), {"x", "gamma", "beta"}),
        (lambda: layers.Dropout(0.4), (), {"x"}),
        (lambda: layers.Embedding(6, 2), ((4,),), {"embeddings"}),
        (lambda: layers.LSTM(3), ((5, 2),), {"x", "kernel", "recurrent_kernel", "bias"}),
    ],
)
def test_the_packages_own(make, shapes, names):
    assert set(check_layer(make(), *shapes)) == names


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Slow, "NoneType"),
        (WrongGain, "the slope of forward by 'gain'"),
        (Assigns, "must add to the gradient of 'gain'"),
        (Forgets, "forward must write every value of y"),
        (ForgetsInInference, "forward must write every value of y"),
        (ForgetsDx, "backward must write all of dx"),
        (Overwrites, "must leave its input as it is"),
        (Random, "must give the same again"),
        (Changes, "made anew from its configuration"),
    ],
)
def test_what_is_wrong_is_named(cls, message):
    with pytest.raises((ValueError, TypeError), match=message):
        check_layer(cls)


def test_a_gradient_that_is_a_little_off():
    class Little(Scale):
        def backward(self, dx, dy, x, y):
            super().backward(dx, dy, x, y)
            if dx is not None:
                dx *= 1.0 + 1e-4

    with pytest.raises(ValueError, match=r"Little 'layer': .*slope of forward by 'x'.*received"):
        check_layer(Little)


def test_a_shape_is_asked_for_where_none_fits():
    with pytest.raises(ValueError, match="give it shapes that it takes"):
        check_layer(layers.Conv2D(2, 9))
