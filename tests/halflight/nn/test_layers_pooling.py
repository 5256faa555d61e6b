"""Pooling: values by hand at odd sizes and borders, volumes against a loop, and refusals."""

import itertools

import numpy as np
import pytest

from halflight.nn import Input, Sequential, layers


def pooled(place, layer, x):
    """The output for one sample x, and a function of its gradient."""
    placed = place(layer, [np.shape(x)], "reference", batch=1)
    placed.inputs[0][...] = x
    return placed.forward()[0], lambda dy: placed.backward(np.array([dy], float))[0][0]


STEPS = np.array([[-3], [-1], [-5], [-1], [-6], [-8]], float)


@pytest.mark.parametrize(
    ("padding", "largest", "mean"),
    [
        ("valid", [-1, -1], [-3, -4]),
        ("same", [-1, -1, -6], [-3, -4, -7]),  # one step after the last is not there
        (1, [-1, -1, -1], [-2, -7 / 3, -5]),
        (((0, 2),), [-1, -1, -6], [-3, -4, -7]),
        ([[2, 0]], [-3, -1, -1], [-3, -3, -4]),
    ],
)
def test_a_sequence_in_windows_of_three_by_steps_of_two(place, padding, largest, mean):
    """Zeros outside would win every maximum and shrink every mean."""
    y, _ = pooled(place, layers.MaxPooling1D(3, 2, padding), STEPS)
    np.testing.assert_array_equal(y[:, 0], largest)
    y, _ = pooled(place, layers.AveragePooling1D(3, 2, padding), STEPS)
    np.testing.assert_allclose(y[:, 0], mean, rtol=1e-14)


def test_an_image_at_a_stride_beyond_the_pool(place):
    x = np.arange(25.0).reshape(5, 5, 1)  # windows begin at 0, 3, 15 and 18
    y, backward = pooled(place, layers.MaxPooling2D(2, 3), x)
    np.testing.assert_array_equal(y[:, :, 0], [[6, 9], [21, 24]])
    dx = backward(np.reshape([1, 2, 3, 4], (2, 2, 1))).ravel()
    assert {i: dx[i] for i in np.flatnonzero(dx)} == {6: 1, 9: 2, 21: 3, 24: 4}
    y, _ = pooled(place, layers.AveragePooling2D(2, 3), x)
    np.testing.assert_array_equal(y[:, :, 0], [[3, 6], [18, 21]])
    y, _ = pooled(place, layers.MaxPooling2D(2, 3, "same"), x)
    np.testing.assert_array_equal(y[:, :, 0], [[6, 9], [21, 24]])


def test_the_pool_of_a_resnet(place):
    """Windows of 3 by steps of 2, with one pixel around: 4 x 4 becomes 2 x 2."""
    x = np.arange(-16.0, 0.0).reshape(4, 4, 1)
    y, _ = pooled(place, layers.MaxPooling2D(3, 2, padding=1), x)
    np.testing.assert_array_equal(y[:, :, 0], [[-11, -9], [-3, -1]])
    y, _ = pooled(place, layers.AveragePooling2D(3, 2, padding=1), x)
    corner = (-16 - 15 - 12 - 11) / 4  # nine places, four pixels
    assert y[0, 0, 0] == corner
    assert y[1, 1, 0] == -6  # all nine: the pixel in their middle


def test_of_equal_pixels_the_first_gets_the_gradient(place):
    _, backward = pooled(place, layers.MaxPooling2D(2, 1), np.ones((3, 3, 1)))
    dx = backward(np.reshape([1, 2, 3, 4], (2, 2, 1)))
    np.testing.assert_array_equal(dx[:, :, 0], [[1, 2, 0], [3, 4, 0], [0, 0, 0]])
    _, backward = pooled(place, layers.MaxPooling3D(2), np.ones((2, 2, 2, 1)))
    np.testing.assert_array_equal(backward(np.ones((1, 1, 1, 1))).ravel(), [1, *[0] * 7])
    _, backward = pooled(place, layers.GlobalMaxPooling3D(), np.ones((2, 2, 2, 1)))
    np.testing.assert_array_equal(backward(np.ones(1)).ravel(), [1, *[0] * 7])


def brute_force(x, dy, size, strides, before):
    """Maximum and mean of every window of a volume and their gradients, one voxel at a time."""
    largest, mean = np.empty(dy.shape), np.empty(dy.shape)
    dlargest, dmean = np.zeros(x.shape), np.zeros(x.shape)
    for place in np.ndindex(*dy.shape):
        ranges = [
            range(max(i * s - b, 0), min(i * s - b + k, n))
            for i, s, b, k, n in zip(place, strides, before, size, x.shape, strict=False)
        ]
        seen = [(*voxel, place[3]) for voxel in itertools.product(*ranges)]
        winner = max(seen, key=lambda voxel: x[voxel])  # the first of equal ones
        largest[place], mean[place] = x[winner], sum(x[v] for v in seen) / len(seen)
        dlargest[winner] += dy[place]
        for voxel in seen:
            dmean[voxel] += dy[place] / len(seen)
    return (largest, dlargest), (mean, dmean)


@pytest.mark.parametrize(
    ("size", "strides", "padding", "before"),
    [
        ((2, 2, 2), None, "valid", (0, 0, 0)),
        ((3, 2, 3), (2, 1, 2), "same", (1, 0, 1)),  # 4, 4, 3 in all: 1, 1, 2 of them padding
        ((2, 3, 3), (3, 2, 1), ((1, 0), (2, 1), 1), (1, 2, 1)),
    ],
)
def test_a_volume_is_pooled_as_by_a_loop_over_its_voxels(place, size, strides, padding, before):
    rng = np.random.default_rng(8)
    x = rng.integers(-2, 3, (5, 4, 5, 2)).astype(float)  # many ties
    for cls, i in ((layers.MaxPooling3D, 0), (layers.AveragePooling3D, 1)):
        y, backward = pooled(place, cls(size, strides, padding), x)
        dy = rng.normal(size=y.shape)
        expected, gradient = brute_force(x, dy, size, strides or size, before)[i]
        np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(backward(dy), gradient, rtol=0, atol=1e-12)


def test_global_pools_keep_their_axes_where_asked(place):
    x = np.array([[[1, 5], [2, -5]], [[3, 0], [6, -8]]], float)
    for cls, expected in (
        (layers.GlobalMaxPooling2D, [6, 5]),
        (layers.GlobalAveragePooling2D, [3, -2]),
    ):
        np.testing.assert_array_equal(pooled(place, cls(), x)[0], expected)
        np.testing.assert_array_equal(pooled(place, cls(keepdims=True), x)[0], [[expected]])


def test_operations_are_counted():
    layer = layers.MaxPooling3D((2, 3, 1), padding="same")
    output = layer(Input((4, 5, 6, 7))).shape
    assert output == (2, 2, 6, 7)
    assert layer.flops((4, 5, 6, 7), output) == 4 * 2 * 6 * 7 * 3 + 2 * 2 * 6 * 7 * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.MaxPooling2D(0, name="m"),
            "MaxPooling2D 'm': pool_size must be a positive integer or a pair of them, received 0",
        ),
        (lambda: layers.AveragePooling3D((2, 2)), "pool_size must be .* a tuple of 3"),
        (lambda: layers.MaxPooling1D(2, -1), "strides must be .* received -1"),
        (
            lambda: layers.MaxPooling2D(2, padding="full"),
            "padding must be 'valid', 'same', an integer.*full",
        ),
        (
            lambda: layers.MaxPooling2D(2, padding=-1),
            "padding must be .*an integer >= 0, or a tuple of 2",
        ),
        (lambda: layers.MaxPooling2D(2, padding=(1, 2, 3)), r"padding must .*\(1, 2, 3\)"),
        (
            lambda: layers.MaxPooling2D(2, padding=(1, (0, 2)))(Input((5, 5, 1))),
            r"padding must be smaller than the window, \(2, 2\)",
        ),
        (lambda: layers.MaxPooling2D(6)(Input((5, 7, 1))), r"\(6, 6\) must fit .*\(5, 7\)"),
        (lambda: layers.MaxPooling1D(2)(Input((5, 5, 1))), r"a sequence \(length, channels\)"),
        (lambda: layers.GlobalMaxPooling3D()(Input((5, 5, 1))), "a volume .*depth"),
        (lambda: layers.GlobalAveragePooling2D(keepdims=1), "keepdims must be True or False"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.gpu
@pytest.mark.parametrize("kind", [layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_network_with_global_pooling_predicts_on_a_gpu(kind, keepdims):
    x = np.random.Generator(np.random.Philox(key=[8, 0])).standard_normal((2, 3, 4, 2), np.float32)
    found, expected = (
        Sequential([Input((3, 4, 2)), kind(keepdims=keepdims)], backend=backend).predict(x)
        for backend in ("cuda", "reference")
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
