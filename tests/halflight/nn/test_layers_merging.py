"""Merging: values by hand, who gets the gradient, and refusals."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers
from halflight.nn.optimizers import SGD

A, B, C = [6.0, -1.0, 2.0], [3.0, 4.0, 2.0], [-3.0, 0.0, 5.0]
DY = [1.0, 10.0, 100.0]


@pytest.mark.parametrize(
    ("layer", "parts", "expected", "gradients"),
    [
        (layers.Add(), (A, B, C), [6, 3, 9], [DY, DY, DY]),
        (layers.Subtract(), (A, B), [3, -5, 0], [DY, [-1, -10, -100]]),
        (
            layers.Multiply(),
            (A, B, C),
            [-54, 0, 20],
            [[-9, 0, 1000], [-18, 0, 1000], [18, -40, 400]],
        ),
        (layers.Average(), (A, B, C, C), [0.75, 0.75, 3.5], [[0.25, 2.5, 25]] * 4),
        (layers.Maximum(), (A, B, C), [6, 4, 5], [[1, 0, 0], [0, 10, 0], [0, 0, 100]]),
        (layers.Minimum(), (A, B, C), [-3, -1, 2], [[0, 10, 100], [0, 0, 0], [1, 0, 0]]),
        (layers.Concatenate(), (A, B), A + B, [[0, 1, 2], [3, 4, 5]]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_by_hand(place, layer, parts, expected, gradients):
    placed = place(layer, [(3,)] * len(parts), "reference", batch=1)
    for x, part in zip(placed.inputs, parts, strict=True):
        x[...] = part
    np.testing.assert_array_equal(placed.forward()[0], expected)
    dy = np.array([DY]) if len(expected) == 3 else np.arange(6.0)[None]
    for dx, gradient in zip(placed.backward(dy), gradients, strict=True):
        np.testing.assert_array_equal(dx[0], gradient)


@pytest.mark.parametrize(("axis", "same"), [(1, -3), (2, -2), (3, -1)])
def test_concatenate_counts_axes_as_numpy_does_with_the_batch(place, axis, same):
    shapes = [[2, 3, 4], [2, 3, 4]]
    shapes[1][axis - 1] = 5
    outputs = []
    for given in (axis, same):
        placed = place(layers.Concatenate(axis=given), [tuple(s) for s in shapes], "reference")
        outputs.append(placed.forward())
        np.testing.assert_array_equal(outputs[-1], np.concatenate(placed.inputs, axis))
        dy = np.random.default_rng(3).normal(size=outputs[-1].shape)
        received = np.concatenate(placed.backward(dy.copy()), axis)
        np.testing.assert_array_equal(received, dy)


@pytest.mark.parametrize(("input_first", "weight"), [(True, 1.0), (False, 0.5)])
@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_an_input_that_needs_no_gradient_takes_it_all_the_same(backend, input_first, weight):
    """1 and 1 * weight are equal: only if the dense layer comes first does it learn."""
    x = Input((1,))
    hidden = layers.Dense(1, use_bias=False, kernel_initializer="ones", name="dense")(x)
    model = Model(x, layers.Maximum()([x, hidden] if input_first else [hidden, x]), backend=backend)
    model.compile(SGD(learning_rate=0.25), "mse")
    model.fit(np.ones((1, 1)), np.zeros((1, 1)), batch_size=1)  # d(y - 0)^2 / dy = 2
    assert model.get_weights()["dense/kernel"] == weight


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Add()([Input((3,)), Input((4,))]), r"of one shape, received .*\(4,\)"),
        (lambda: layers.Maximum()([Input((3,))]), "two or more tensors of one shape"),
        (lambda: layers.Subtract()([Input((3,))] * 3), "needs exactly two tensors"),
        (lambda: layers.Subtract()([Input((3,)), Input((2,))]), "of one shape"),
        (lambda: layers.Concatenate(0), "axis must be an integer other than 0, .* received 0"),
        (lambda: layers.Concatenate("last"), "axis must be an integer"),
        (lambda: layers.Concatenate(3)([Input((3, 1))] * 2), "axis 3 must be an axis"),
        (lambda: layers.Concatenate(-3)([Input((3, 1))] * 2), "axis -3 must be an axis"),
        (
            lambda: layers.Concatenate(name="c")([Input((3, 1)), Input((4, 1))]),
            r"Concatenate 'c': .* equal in all axes but axis -1, received .*\(4, 1\)",
        ),
        (lambda: layers.Concatenate()([Input((3, 1)), Input((3,))]), "equal in all axes but"),
        (lambda: layers.Concatenate()([Input((3, 1))]), "two or more"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
